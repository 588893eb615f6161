-- freshness_by_site: one row per site with events, whatever days are looked at: its newest event and record
-- grain: site   owner: data engineering
-- behind_s: seconds from the newest received record to the as-of time; sites that have been silent longest come first.
select
    quality.site,
    max(quality.newest_event) as newest_event,
    max(quality.newest_received) as newest_received,
    date_diff('second', max(quality.newest_received), max(meta.as_of)) as behind_s
from data_quality_daily as quality
cross join meta
where
    quality.newest_received is not null
    and ($site is null or quality.site = $site)
group by quality.site
order by behind_s desc, quality.site asc
