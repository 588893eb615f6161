-- prompts_hourly: one row per hour of the last 14 days, site, platform, region and banner: what people did with it
-- grain: hour, site, platform, region, banner_id, banner_version, variant   owner: product analytics
-- incremental: date
-- As prompts_daily, by the hour (UTC) of the event time. Kept counts are of events removed since.
with steps as (
    select
        date_trunc('hour', event_time) as "hour",
        "date",
        site,
        context_id,
        kind,
        count(*) as events,
        list(decision_ms) filter (where decision_ms is not null) as decision_ms
    from staging.facts
    where
        kind in ('impression', 'decision', 'dismissal')
        and "date" > (select run.as_of::date - 14 from staging.run as run)
    group by all
    union all
    select
        date_trunc('hour', decided_at) as "hour",
        decided_at::date as "date",
        site,
        context_id,
        'withdrawal' as kind,
        count(*) as events,
        null as decision_ms
    from staging.decided
    where is_withdrawal and decided_at::date > (select run.as_of::date - 14 from staging.run as run)
    group by all
),

placed as (
    select
        steps.* exclude (decision_ms),
        contexts.* exclude (context_id),
        steps.kind = 'decision' and contexts.surface = 'banner' as is_choice,
        if(is_choice, steps.decision_ms, null) as decision_ms
    from steps
    inner join staging.contexts as contexts on steps.context_id = contexts.context_id
),

live as (
    select
        "hour",
        site,
        platform,
        region,
        banner_id,
        banner_version,
        variant,
        sum(if(kind = 'impression', events, 0)) as shown,
        sum(if(is_choice, events, 0)) as choices,
        sum(if(is_choice and "action" = 'accept_all', events, 0)) as accept_all,
        sum(if(is_choice and "action" = 'reject_all', events, 0)) as reject_all,
        sum(if(is_choice and "action" = 'save', events, 0)) as save,
        sum(if(kind = 'dismissal', events, 0)) as dismissed,
        sum(if(kind = 'withdrawal', events, 0)) as withdrawals,
        flatten(list(decision_ms)) as decision_ms,
        "date"
    from placed
    group by all
),

counted as (
    select
        "hour",
        site,
        platform,
        region,
        banner_id,
        banner_version,
        variant,
        sum(shown)::bigint as shown,
        sum(choices)::bigint as choices,
        sum(accept_all)::bigint as accept_all,
        sum(reject_all)::bigint as reject_all,
        sum(save)::bigint as save,
        sum(dismissed)::bigint as dismissed,
        sum(withdrawals)::bigint as withdrawals,
        list_aggregate(flatten(list(decision_ms)), 'quantile_cont', 0.5) as decision_ms_p50,
        list_aggregate(flatten(list(decision_ms)), 'quantile_cont', 0.9) as decision_ms_p90,
        "date"
    from (
        select *
        from live
        union all by name
        select * exclude (known_at)
        from kept.prompts
        where
            "hour" is not null
            and "date" > (select run.as_of::date - 14 from staging.run as run)
            and (known_at is null or known_at <= (select run.as_of from staging.run as run))
    ) as known
    group by all
)

select
    "hour",
    site,
    platform,
    region,
    banner_id,
    banner_version,
    variant,
    shown,
    choices,
    accept_all,
    reject_all,
    save,
    dismissed,
    if(choices > shown, null, shown - choices) as no_choice,
    withdrawals,
    if(choices > shown or shown = 0, null, choices / shown) as interaction_rate,
    if(choices = 0, null, accept_all / choices) as accept_all_rate,
    decision_ms_p50,
    decision_ms_p90,
    choices > shown as impressions_missing,
    "date"
from counted
