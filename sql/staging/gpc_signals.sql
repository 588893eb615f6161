-- gpc_signals: one row per site and subject: when their browser first sent the opt-out signal
-- grain: site, subject   owner: compliance
-- incremental: subject
select
    site,
    subject,
    min(event_time) as first_at
from staging.events
where gpc
group by site, subject
