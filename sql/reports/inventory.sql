-- inventory: one row per item of storage that a site declares or that was seen there
-- grain: site, name, type, domain   owner: compliance
select
    site,
    name,
    type,
    domain,
    party,
    provider,
    declared_category,
    observed_category,
    declared_lifetime,
    observed_lifetime_s,
    first_seen,
    last_seen,
    observations,
    status
from inventory
where
    ($site is null or site = $site)
    and ($status is null or status = $status)
    and ($category is null or declared_category = $category or observed_category = $category)
order by
    site asc,
    case status when 'undeclared' then 1 when 'declared_and_seen' then 2 else 3 end asc,
    name asc,
    type asc,
    domain asc
