-- received_daily: one row per day and site: what was accepted, and what was odd about it
-- grain: date, site   owner: data engineering
-- incremental: date
-- unknown_category and unknown_region count the events that name one no policy knows.
with known as (
    select distinct regions.region
    from policy.regions as regions
)

select
    received."date",
    received.site,
    count(*) as accepted,
    count(*) filter (where received.is_duplicate) as duplicates,
    count(*) filter (where received.is_bot) as bots,
    count(*) filter (where received.is_clock_skewed) as clock_skewed,
    count(*) filter (where received.is_late) as late,
    count(*) filter (where category_sets.has_unknown) as unknown_category,
    count(*) filter (
        where received.region <> '' and coalesce(regions.region, countries.region) is null
    ) as unknown_region,
    max(received.event_time) as newest_event,
    max(received.received_at) as newest_received
from staging.received as received
left join staging.category_sets as category_sets on received.set_id = category_sets.set_id
left join known as regions on received.region = regions.region
left join known as countries on left(received.region, 2) = countries.region
group by received."date", received.site
