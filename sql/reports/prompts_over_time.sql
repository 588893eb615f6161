-- prompts_over_time: one row per day, week or month ($step), under the page's filters
-- grain: period   owner: product analytics
-- Rates are sums over sums, never averages of rates. More choices than prompts in a period: no rate over prompts.
with totals as (
    select
        cast(date_trunc($step, date) as date) as period,
        cast(sum(shown) as bigint) as shown,
        cast(sum(choices) as bigint) as choices,
        cast(sum(accept_all) as bigint) as accept_all,
        cast(sum(reject_all) as bigint) as reject_all,
        cast(sum(save) as bigint) as save,
        cast(sum(dismissed) as bigint) as dismissed,
        cast(sum(withdrawals) as bigint) as withdrawals
    from prompts_daily
    where
        ($site is null or site = $site)
        and ($region is null or region = $region)
        and ($platform is null or platform = $platform)
        and ($banner_version is null or banner_version = $banner_version)
        and date between $date_from and $date_to
    group by all
)

select
    period,
    shown,
    choices,
    accept_all,
    reject_all,
    save,
    dismissed,
    case when choices <= shown then shown - choices end as no_choice,
    withdrawals,
    case when choices <= shown then choices / nullif(shown, 0) end as interaction_rate,
    accept_all / nullif(choices, 0) as accept_all_rate,
    choices > shown as impressions_missing
from totals
order by period
