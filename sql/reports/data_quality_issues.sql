-- data_quality_issues: one row per site and value that no policy knows, the most frequent first
-- grain: site, issue, value   owner: data engineering
select
    issue,
    site,
    value,
    cast(sum(records) as bigint) as records,
    min(date) as first_day,
    max(date) as last_day
from data_quality_issues
where
    ($site is null or site = $site)
    and date between $date_from and $date_to
group by issue, site, value
order by records desc, issue asc, site asc, value asc
