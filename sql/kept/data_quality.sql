-- data_quality: one row per day and site, of what the events that are about to be removed add to data_quality_daily
-- grain: date, site   owner: data engineering
-- Reads the temp table `removed`. The sums are those of staging/received_daily.sql.
select
    received."date",
    received.site,
    count(*) as accepted,
    count(*) filter (where received.is_duplicate) as duplicates,
    count(*) filter (where received.is_bot) as bots,
    count(*) filter (where received.is_clock_skewed) as clock_skewed,
    count(*) filter (where received.is_late) as late
from staging.received as received
semi join removed
    on
        received.topic_id = removed.topic_id
        and received.partition = removed.partition
        and received."offset" = removed."offset"
group by all
