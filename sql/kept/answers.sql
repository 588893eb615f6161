-- answers: one row per grain of opt_in_daily, of what the decisions that are about to be removed add to it
-- grain: date, site, platform, region, banner_id, banner_version, variant, category, hour, known_at   owner: analytics
-- The sums are those of marts/opt_in_daily.sql.
with answers as (
    select
        "date",
        site,
        platform,
        region,
        banner_id,
        banner_version,
        variant,
        unnest(map_entries(categories)) as answer,
        "hour",
        known_at
    from gone
    where kind = 'decision' and surface = 'banner'
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
    count(*) filter (where answer.value) as granted,
    "hour",
    known_at
from answers
group by all
