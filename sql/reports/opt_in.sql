-- opt_in: one row per date, site, platform, region, banner and category, as published, under the page's filters
-- grain: date, site, platform, region, banner_id, banner_version, variant, category   owner: product analytics
-- What the download holds: counts at the finest grain, so that a spreadsheet can sum before it divides.
select
    date,
    site,
    platform,
    region,
    banner_id,
    banner_version,
    variant,
    category,
    shown,
    choices,
    asked,
    granted,
    denied,
    opt_in_rate,
    consent_rate,
    impressions_missing
from opt_in_daily
where
    ($site is null or site = $site)
    and ($region is null or region = $region)
    and ($platform is null or platform = $platform)
    and ($banner_version is null or banner_version = $banner_version)
    and date between $date_from and $date_to
order by date, site, platform, region, banner_id, banner_version, variant, category
