-- funnel_daily: one row per day, site, platform, region, banner and layer: how far people went with it
-- grain: date, site, platform, region, banner_id, banner_version, variant, layer   owner: product analytics
-- incremental: date
-- Interacted: chose or closed it. granted_any and granted_all are choices that grant one, and all, of the categories
-- asked for beyond the necessary. Ignored is shown less interacted. Kept counts are of events removed since.
with steps as (
    select
        "date",
        site,
        platform,
        region,
        banner_id,
        banner_version,
        variant,
        layer,
        kind,
        list_filter(map_entries(categories), lambda entry: entry.key <> 'necessary') as answers
    from staging.events
    where kind in ('impression', 'dismissal') or (kind = 'decision' and surface = 'banner')
),

live as (
    select
        "date",
        site,
        platform,
        region,
        banner_id,
        banner_version,
        variant,
        layer,
        count(*) filter (where kind = 'impression') as shown,
        count(*) filter (where kind in ('decision', 'dismissal')) as interacted,
        count(*) filter (where kind = 'decision') as chose,
        count(*) filter (
            where kind = 'decision' and len(list_filter(answers, lambda entry: entry.value)) > 0
        ) as granted_any,
        count(*) filter (
            where
            kind = 'decision'
            and len(answers) > 0
            and len(list_filter(answers, lambda entry: entry.value)) = len(answers)
        ) as granted_all
    from steps
    group by all
)

select
    "date",
    site,
    platform,
    region,
    banner_id,
    banner_version,
    variant,
    layer,
    sum(shown)::bigint as shown,
    sum(interacted)::bigint as interacted,
    sum(chose)::bigint as chose,
    sum(granted_any)::bigint as granted_any,
    sum(granted_all)::bigint as granted_all
from (
    select *
    from live
    union all
    select * exclude (known_at)
    from kept.funnel
    where known_at is null or known_at <= (select run.as_of from staging.run as run)
) as known
group by all
