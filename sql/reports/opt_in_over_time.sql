-- opt_in_over_time: one row per day, week or month ($step) and category, under the page's filters
-- grain: period, category   owner: product analytics
-- Rates are sums over sums, never averages of rates. More choices than prompts in a period: no rate over prompts.
with totals as (
    select
        cast(date_trunc($step, date) as date) as period,
        category,
        cast(sum(shown) as bigint) as shown,
        cast(sum(choices) as bigint) as choices,
        cast(sum(asked) as bigint) as asked,
        cast(sum(granted) as bigint) as granted,
        cast(sum(denied) as bigint) as denied
    from opt_in_daily
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
    category,
    shown,
    choices,
    asked,
    granted,
    denied,
    case when choices <= shown then granted / nullif(shown, 0) end as opt_in_rate,
    granted / nullif(asked, 0) as consent_rate,
    choices > shown as impressions_missing
from totals
order by period, category
