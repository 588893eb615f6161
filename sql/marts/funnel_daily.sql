-- funnel_daily: one row per day, site, platform, region, banner and layer: how far people went with it
-- grain: date, site, platform, region, banner_id, banner_version, variant, layer   owner: product analytics
-- incremental: date
-- Interacted: chose or closed it. granted_any and granted_all are choices that grant one, and all, of the categories
-- asked for beyond the necessary. Ignored is shown less interacted. Kept counts are of events removed since.
with steps as (
    select
        "date",
        site,
        context_id,
        kind,
        set_id,
        count(*) as events
    from staging.facts
    where kind in ('impression', 'dismissal', 'decision')
    group by all
),

live as (
    select
        steps."date",
        steps.site,
        contexts.platform,
        contexts.region,
        contexts.banner_id,
        contexts.banner_version,
        contexts.variant,
        contexts.layer,
        sum(if(steps.kind = 'impression', steps.events, 0)) as shown,
        sum(if(steps.kind in ('decision', 'dismissal'), steps.events, 0)) as interacted,
        sum(if(steps.kind = 'decision', steps.events, 0)) as chose,
        sum(if(steps.kind = 'decision' and answers.has_grant, steps.events, 0)) as granted_any,
        sum(if(steps.kind = 'decision' and answers.is_full_grant, steps.events, 0)) as granted_all
    from steps
    inner join staging.contexts as contexts on steps.context_id = contexts.context_id
    left join staging.category_sets as answers on steps.set_id = answers.set_id
    where steps.kind <> 'decision' or contexts.surface = 'banner'
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
