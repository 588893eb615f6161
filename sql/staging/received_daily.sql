-- received_daily: one row per day and site: what was accepted, and what was odd about it
-- grain: date, site   owner: data engineering
-- incremental: date
select
    "date",
    site,
    count(*) as accepted,
    count(*) filter (where is_duplicate) as duplicates,
    count(*) filter (where is_bot) as bots,
    count(*) filter (where is_clock_skewed) as clock_skewed,
    count(*) filter (where is_late) as late,
    max(event_time) as newest_event,
    max(received_at) as newest_received
from staging.received
group by all
