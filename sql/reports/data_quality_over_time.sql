-- data_quality_over_time: one row per day, week or month ($step)
-- grain: period   owner: data engineering
select
    cast(date_trunc($step, date) as date) as period,
    cast(coalesce(sum(received), 0) as bigint) as received,
    cast(coalesce(sum(accepted), 0) as bigint) as accepted,
    cast(coalesce(sum(quarantined), 0) as bigint) as quarantined,
    cast(coalesce(sum(duplicates), 0) as bigint) as duplicates,
    cast(coalesce(sum(bots), 0) as bigint) as bots,
    cast(coalesce(sum(clock_skewed), 0) as bigint) as clock_skewed,
    cast(coalesce(sum(late), 0) as bigint) as late,
    cast(coalesce(sum(cast(impressions_missing as bigint)), 0) as bigint) as impressions_missing,
    cast(coalesce(sum(unknown_site), 0) as bigint) as unknown_site,
    cast(coalesce(sum(unknown_category), 0) as bigint) as unknown_category,
    cast(coalesce(sum(unknown_region), 0) as bigint) as unknown_region
from data_quality_daily
where
    ($site is null or site = $site)
    and date between $date_from and $date_to
group by period
order by period
