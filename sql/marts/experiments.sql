-- experiments: one row per site, banner, category and variant: how it does against the baseline, and how sure that is
-- grain: site, banner_id, category, variant   owner: product analytics
-- python: consent.experiments.judge
-- This SELECT is the counts of each variant over all days; the statistics are computed from them.
with prompts as (
    select
        site,
        banner_id,
        variant,
        sum(shown)::bigint as shown,
        sum(choices)::bigint as choices,
        sum(reject_all)::bigint as reject_all,
        sum(dismissed)::bigint as dismissed,
        sum(withdrawals)::bigint as withdrawals
    from marts.prompts_daily
    where variant <> ''
    group by all
),

answers as (
    select
        site,
        banner_id,
        variant,
        category,
        sum(asked)::bigint as asked,
        sum(granted)::bigint as granted
    from marts.opt_in_daily
    where variant <> ''
    group by all
),

times as (
    select
        site,
        banner_id,
        variant,
        sum(timed)::bigint as timed,
        sum(log_ms)::bigint as log_ms,
        sum(log_ms_squared)::bigint as log_ms_squared
    from staging.decision_times_daily
    group by all
),

plans as (
    select
        site,
        count(*) as planned
    from policy.planned_split
    group by site
)

select
    prompts.site,
    prompts.banner_id,
    answers.category,
    prompts.variant,
    prompts.shown,
    prompts.choices,
    answers.asked,
    answers.granted,
    prompts.reject_all,
    prompts.dismissed,
    prompts.withdrawals,
    coalesce(times.timed, 0) as timed,
    coalesce(times.log_ms, 0) as log_ms,
    coalesce(times.log_ms_squared, 0) as log_ms_squared,
    planned_split.weight,
    coalesce(plans.planned, 0) as planned,
    sites.baseline_variant as wanted_baseline
from prompts
inner join answers
    on
        prompts.site = answers.site
        and prompts.banner_id = answers.banner_id
        and prompts.variant = answers.variant
left join times
    on
        prompts.site = times.site
        and prompts.banner_id = times.banner_id
        and prompts.variant = times.variant
left join policy.planned_split as planned_split
    on prompts.site = planned_split.site and prompts.variant = planned_split.variant
left join plans on prompts.site = plans.site
left join policy.sites as sites on prompts.site = sites.site
