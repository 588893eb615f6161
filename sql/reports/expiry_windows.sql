-- expiry_windows: one row per category, consents that run out within 30, 60 and 90 days of the as-of day
-- grain: category   owner: compliance
-- Each window holds the shorter ones. A consent counts once in each category it grants, so categories do not add up.
select
    category,
    cast(coalesce(sum(expiring) filter (where date < $day + 30), 0) as bigint) as within_30,
    cast(coalesce(sum(expiring) filter (where date < $day + 60), 0) as bigint) as within_60,
    cast(coalesce(sum(expiring), 0) as bigint) as within_90
from expiry_forecast
where
    date >= $day
    and date < $day + 90
    and ($site is null or site = $site)
group by category
order by category
