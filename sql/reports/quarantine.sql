-- quarantine: one row per date and reason, the newest first
-- grain: date, reason   owner: data engineering
select
    date,
    reason,
    records,
    first_offset,
    last_offset
from quarantine_summary
where date between $date_from and $date_to
order by date desc, records desc, reason asc
