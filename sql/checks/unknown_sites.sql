-- unknown_sites: one row per site whose events of the last seven days name sites that no policy describes
-- grain: site   owner: data engineering
-- checks: marts.data_quality_daily   severity: WARN
select
    quality.site,
    sum(quality.unknown_site) as records
from marts.data_quality_daily as quality
inner join staging.run as run on quality."date" > run.as_of::date - 7
group by quality.site
having sum(quality.unknown_site) > 0
