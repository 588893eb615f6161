-- data_quality: one row per date and site, as published, under the page's filters
-- grain: date, site   owner: data engineering
select
    date,
    site,
    received,
    accepted,
    quarantined,
    duplicates,
    bots,
    clock_skewed,
    late,
    impressions_missing,
    unknown_site,
    unknown_category,
    unknown_region,
    newest_event,
    newest_received
from data_quality_daily
where
    ($site is null or site = $site)
    and date between $date_from and $date_to
order by date, site
