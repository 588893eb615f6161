-- expiry_daily: one row per date and category, consents that run out that day
-- grain: date, category   owner: compliance
select
    date,
    category,
    cast(sum(expiring) as bigint) as expiring
from expiry_forecast
where
    ($site is null or site = $site)
    and ($jurisdiction is null or jurisdiction = $jurisdiction)
group by date, category
order by date, category
