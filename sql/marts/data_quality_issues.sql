-- data_quality_issues: one row per day, site and value that no policy knows: a category, a region, the site itself
-- grain: date, site, issue, value   owner: data engineering
-- incremental: date
-- issue: unknown_site | unknown_category | unknown_region; records counts the accepted events that carry the value.
with counted as (
    select
        "date",
        site,
        context_id,
        set_id,
        count(*) as records
    from staging.received
    group by all
),

sites as (
    select
        counted."date",
        counted.site,
        'unknown_site' as issue,
        counted.site as value,
        counted.records
    from counted
    where not exists (
        select 1
        from policy.sites as sites
        where sites.site = counted.site
    )
),

regions as (
    select
        counted."date",
        counted.site,
        'unknown_region' as issue,
        contexts.region as value,
        counted.records
    from counted
    inner join staging.contexts as contexts on counted.context_id = contexts.context_id
    where
        contexts.region <> ''
        and not exists (
            select 1
            from policy.regions as regions
            where regions.region in (contexts.region, left(contexts.region, 2))
        )
),

named as (
    select
        counted."date",
        counted.site,
        unnest(map_keys(category_sets.categories)) as category,
        counted.records
    from counted
    inner join staging.category_sets as category_sets on counted.set_id = category_sets.set_id
    where category_sets.has_unknown
),

categories as (
    select
        "date",
        site,
        'unknown_category' as issue,
        category as value,
        records
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
    sum(records)::bigint as records
from found
group by all
