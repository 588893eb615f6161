-- finding_history: one row per thing that happened to one finding, the newest first
-- grain: finding_id, at, event   owner: compliance
select
    "at",
    event,
    "by",
    until,
    why
from finding_history
where finding_id = $finding_id
order by "at" desc, event asc
