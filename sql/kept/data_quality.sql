-- data_quality: one row per day and site, of what the events that are about to be removed add to data_quality_daily
-- grain: date, site, known_at   owner: data engineering
-- Reads the temp table `removed`: duplicates and bots are no events that count. The sums are those of
-- staging/received_daily.sql.
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
        where contexts.region <> '' and coalesce(regions.region, countries.region) is null
    ) as unknown_region,
    least(date_trunc('day', received.received_at - interval 1 microsecond) + interval 1 day, run.as_of) as known_at
from staging.received as received
semi join removed
    on
        received.topic_id = removed.topic_id
        and received.partition = removed.partition
        and received."offset" = removed."offset"
inner join staging.contexts as contexts on received.context_id = contexts.context_id
left join staging.category_sets as category_sets on received.set_id = category_sets.set_id
left join known as regions on contexts.region = regions.region
left join known as countries on left(contexts.region, 2) = countries.region
cross join staging.run as run
group by all
