-- banner_versions: one row per site, banner and version, what people did with it, the newest first
-- grain: site, banner_id, banner_version   owner: product analytics
with totals as (
    select
        site,
        banner_id,
        banner_version,
        min(date) as first_day,
        max(date) as last_day,
        cast(sum(shown) as bigint) as shown,
        cast(sum(choices) as bigint) as choices,
        cast(sum(accept_all) as bigint) as accept_all,
        cast(sum(reject_all) as bigint) as reject_all,
        sum(decision_ms_p50 * choices) / nullif(sum(choices) filter (where decision_ms_p50 is not null), 0)
            as decision_ms
    from prompts_daily
    where ($site is null or site = $site)
    group by site, banner_id, banner_version
)

select
    site,
    banner_id,
    banner_version,
    first_day,
    last_day,
    shown,
    choices,
    accept_all,
    reject_all,
    case when choices <= shown then choices / nullif(shown, 0) end as interaction_rate,
    accept_all / nullif(choices, 0) as accept_all_rate,
    reject_all / nullif(choices, 0) as reject_all_rate,
    decision_ms
from totals
order by last_day desc, first_day desc, site asc, banner_id asc, banner_version desc
limit 200
