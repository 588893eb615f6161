-- expiry: one row per date, site, jurisdiction and category, as published, under the page's filters
-- grain: date, site, jurisdiction, category   owner: compliance
select
    date,
    site,
    jurisdiction,
    category,
    expiring
from expiry_forecast
where
    ($site is null or site = $site)
    and ($jurisdiction is null or jurisdiction = $jurisdiction)
order by date, site, jurisdiction, category
