-- received_daily: one row per day and site: what was accepted, and what was odd about it
-- grain: date, site   owner: data engineering
-- incremental: date
-- unknown_category and unknown_region count the events that name one no policy knows.
with known as (
    select distinct regions.region
    from policy.regions as regions
),

counted as (
    select
        "date",
        site,
        context_id,
        set_id,
        count(*) as accepted,
        count(*) filter (where is_duplicate) as duplicates,
        count(*) filter (where is_bot) as bots,
        count(*) filter (where is_clock_skewed) as clock_skewed,
        count(*) filter (where is_late) as late,
        max(event_time) as newest_event,
        max(received_at) as newest_received
    from staging.received
    group by all
)

select
    counted."date",
    counted.site,
    sum(counted.accepted)::bigint as accepted,
    sum(counted.duplicates)::bigint as duplicates,
    sum(counted.bots)::bigint as bots,
    sum(counted.clock_skewed)::bigint as clock_skewed,
    sum(counted.late)::bigint as late,
    sum(if(category_sets.has_unknown, counted.accepted, 0))::bigint as unknown_category,
    sum(
        if(contexts.region <> '' and coalesce(regions.region, countries.region) is null, counted.accepted, 0)
    )::bigint as unknown_region,
    max(counted.newest_event) as newest_event,
    max(counted.newest_received) as newest_received
from counted
inner join staging.contexts as contexts on counted.context_id = contexts.context_id
left join staging.category_sets as category_sets on counted.set_id = category_sets.set_id
left join known as regions on contexts.region = regions.region
left join known as countries on left(contexts.region, 2) = countries.region
group by counted."date", counted.site
