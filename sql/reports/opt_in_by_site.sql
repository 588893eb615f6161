-- opt_in_by_site: one row per site and category over the chosen days, where every choice has its prompt
-- grain: site, category   owner: product analytics
select
    site,
    category,
    cast(sum(shown) as bigint) as shown,
    cast(sum(granted) as bigint) as granted
from opt_in_daily
where
    ($site is null or site = $site)
    and date between $date_from and $date_to
group by site, category
having sum(choices) <= sum(shown) and sum(shown) > 0
order by site, category
