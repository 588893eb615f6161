-- prompts: one row per date, site, platform, region and banner, as published, under the page's filters
-- grain: date, site, platform, region, banner_id, banner_version, variant   owner: product analytics
-- What the download holds: counts at the finest grain, so that a spreadsheet can sum before it divides.
select
    date,
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
    no_choice,
    withdrawals,
    interaction_rate,
    accept_all_rate,
    decision_ms_p50,
    decision_ms_p90,
    impressions_missing
from prompts_daily
where
    ($site is null or site = $site)
    and ($region is null or region = $region)
    and ($platform is null or platform = $platform)
    and ($banner_version is null or banner_version = $banner_version)
    and date between $date_from and $date_to
order by date, site, platform, region, banner_id, banner_version, variant
