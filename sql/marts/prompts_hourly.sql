-- prompts_hourly: one row per hour of the last 14 days, site, platform, region and banner: what people did with it
-- grain: hour, site, platform, region, banner_id, banner_version, variant   owner: product analytics
-- incremental: date
-- As prompts_daily, by the hour (UTC) of the event time. Kept counts are of events removed since.
with prompts as (
    select
        date_trunc('hour', events.event_time) as "hour",
        events.site,
        events.platform,
        events.region,
        events.banner_id,
        events.banner_version,
        events.variant,
        events.kind,
        events."date",
        coalesce(decisions.is_withdrawal, false) as is_withdrawal,
        if(events.kind = 'decision' and events.surface = 'banner', events."action", null) as choice,
        if(events.kind = 'decision' and events.surface = 'banner', events.decision_ms, null) as decision_ms
    from staging.events as events
    left join staging.decisions as decisions
        on
            events.topic_id = decisions.topic_id
            and events.partition = decisions.partition
            and events."offset" = decisions."offset"
    where
        events.kind in ('impression', 'decision', 'dismissal')
        and events."date" > (select run.as_of::date - 14 from staging.run as run)
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
        count(*) filter (where kind = 'impression') as shown,
        count(choice) as choices,
        count(*) filter (where choice = 'accept_all') as accept_all,
        count(*) filter (where choice = 'reject_all') as reject_all,
        count(*) filter (where choice = 'save') as save,
        count(*) filter (where kind = 'dismissal') as dismissed,
        count(*) filter (where is_withdrawal) as withdrawals,
        list(decision_ms) filter (where decision_ms is not null) as decision_ms,
        "date"
    from prompts
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
