-- gpc_signals: one row per subject of a site: when their browser first sent the opt-out signal
-- grain: subject_key   owner: compliance
-- incremental: earliest
select
    subject_key,
    min(event_time) as first_at
from staging.facts
where gpc
group by subject_key
