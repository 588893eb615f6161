-- data_quality_issues: one row per day, site and value that no policy knows: a category, a region, the site itself
-- grain: date, site, issue, value   owner: data engineering
-- incremental: date
-- issue: unknown_site | unknown_category | unknown_region; records counts the accepted events that carry the value.
with sites as (
    select
        received."date",
        received.site,
        'unknown_site' as issue,
        received.site as value
    from staging.received as received
    where not exists (
        select 1
        from policy.sites as sites
        where sites.site = received.site
    )
),

regions as (
    select
        received."date",
        received.site,
        'unknown_region' as issue,
        received.region as value
    from staging.received as received
    where
        received.region <> ''
        and not exists (
            select 1
            from policy.regions as regions
            where regions.region in (received.region, left(received.region, 2))
        )
),

named as (
    select
        received."date",
        received.site,
        unnest(map_keys(category_sets.categories)) as category
    from staging.received as received
    inner join staging.category_sets as category_sets on received.set_id = category_sets.set_id
    where category_sets.has_unknown
),

categories as (
    select
        "date",
        site,
        'unknown_category' as issue,
        category as value
    from named
    where not exists (
        select 1
        from policy.categories as known
        where known.category = named.category
    )
),

found as (
    select *
    from sites
    union all
    select *
    from regions
    union all
    select *
    from categories
)

select
    "date",
    site,
    issue,
    value,
    count(*) as records
from found
group by all
