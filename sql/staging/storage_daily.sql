-- storage_daily: one row per day, site and item of storage that was seen
-- grain: date, site, name, type, domain   owner: compliance
-- incremental: date
select
    "date",
    site,
    name,
    coalesce(type, 'cookie') as type,
    coalesce(domain, '') as domain,
    min(party) as party,
    min(observed_category) as observed_category,
    max(lifetime_s) as lifetime_s,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as observations
from staging.storage_observed
group by "date", site, name, coalesce(type, 'cookie'), coalesce(domain, '')
