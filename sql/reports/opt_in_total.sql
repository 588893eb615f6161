-- opt_in_total: one row per category over the whole of the chosen days, under the page's filters
-- grain: category   owner: product analytics
-- incomplete_grains counts the published rows below with more choices than prompts: where the sum hides them,
-- the rate over prompts is too high, and the page says so.
with totals as (
    select
        category,
        cast(sum(shown) as bigint) as shown,
        cast(sum(choices) as bigint) as choices,
        cast(sum(asked) as bigint) as asked,
        cast(sum(granted) as bigint) as granted,
        cast(sum(denied) as bigint) as denied,
        count(*) filter (where impressions_missing) as incomplete_grains
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
    category,
    shown,
    choices,
    asked,
    granted,
    denied,
    case when choices <= shown then granted / nullif(shown, 0) end as opt_in_rate,
    granted / nullif(asked, 0) as consent_rate,
    choices > shown as impressions_missing,
    incomplete_grains
from totals
order by category
