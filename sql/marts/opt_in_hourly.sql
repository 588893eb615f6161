-- opt_in_hourly: one row per hour of the last 14 days, site, platform, region, banner and category: asked and granted
-- grain: hour, site, platform, region, banner_id, banner_version, variant, category   owner: product analytics
-- incremental: date
-- As opt_in_daily, by the hour (UTC) of the event time; the categories are those of the day and site.
-- Kept counts are of events removed since.
with chosen as (
    select
        "date",
        date_trunc('hour', event_time) as "hour",
        site,
        context_id,
        set_id,
        count(*) as choices
    from staging.facts
    where kind = 'decision' and "date" > (select run.as_of::date - 14 from staging.run as run)
    group by all
),

answers as (
    select
        chosen.*,
        contexts.* exclude (context_id),
        unnest(map_entries(category_sets.categories)) as answer
    from chosen
    inner join staging.contexts as contexts on chosen.context_id = contexts.context_id and contexts.surface = 'banner'
    inner join staging.category_sets as category_sets on chosen.set_id = category_sets.set_id
),

live as (
    select
        "date",
        "hour",
        site,
        platform,
        region,
        banner_id,
        banner_version,
        variant,
        answer.key as category,
        sum(choices) as asked,
        sum(if(answer.value, choices, 0)) as granted
    from answers
    group by all
),

answered as (
    select
        "hour",
        site,
        platform,
        region,
        banner_id,
        banner_version,
        variant,
        category,
        sum(asked)::bigint as asked,
        sum(granted)::bigint as granted
    from (
        select *
        from live
        union all by name
        select * exclude (known_at)
        from kept.answers
        where "hour" is not null and (known_at is null or known_at <= (select run.as_of from staging.run as run))
    ) as known
    group by all
),

categories as (
    select distinct
        "date",
        site,
        category
    from marts.opt_in_daily
)

select
    prompts."hour",
    prompts.site,
    prompts.platform,
    prompts.region,
    prompts.banner_id,
    prompts.banner_version,
    prompts.variant,
    categories.category,
    prompts.shown,
    prompts.choices,
    coalesce(answered.asked, 0) as asked,
    coalesce(answered.granted, 0) as granted,
    coalesce(answered.asked - answered.granted, 0) as denied,
    if(prompts.impressions_missing or prompts.shown = 0, null, coalesce(answered.granted, 0) / prompts.shown)
        as opt_in_rate,
    answered.granted / answered.asked as consent_rate,
    prompts.impressions_missing,
    prompts."date"
from marts.prompts_hourly as prompts
inner join categories on prompts."date" = categories."date" and prompts.site = categories.site
left join answered
    on
        prompts."hour" = answered."hour"
        and prompts.site = answered.site
        and prompts.platform = answered.platform
        and prompts.region = answered.region
        and prompts.banner_id = answered.banner_id
        and prompts.banner_version = answered.banner_version
        and prompts.variant = answered.variant
        and categories.category = answered.category
