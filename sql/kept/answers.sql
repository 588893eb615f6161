-- answers: one row per grain of opt_in_daily, of what the decisions that are about to be removed add to it
-- grain: date, site, platform, region, banner_id, banner_version, variant, category   owner: product analytics
-- Reads the temp table `removed`. The sums are those of marts/opt_in_daily.sql.
with answers as (
    select
        events."date",
        events.site,
        events.platform,
        events.region,
        events.banner_id,
        events.banner_version,
        events.variant,
        unnest(map_entries(events.categories)) as answer
    from staging.events as events
    semi join removed
        on
            events.topic_id = removed.topic_id
            and events.partition = removed.partition
            and events."offset" = removed."offset"
    where events.kind = 'decision' and events.surface = 'banner'
)

select
    "date",
    site,
    platform,
    region,
    banner_id,
    banner_version,
    variant,
    answer.key as category,
    count(*) as asked,
    count(*) filter (where answer.value) as granted
from answers
group by all
