-- replays: one row per day, site, platform and region: the replays that are about to be removed
-- grain: date, site, platform, region, known_at   owner: product analytics
-- For marts/coverage_daily.sql.
select
    "date",
    site,
    platform,
    region,
    count(*) as replays,
    known_at
from gone
where kind = 'replay'
group by all
