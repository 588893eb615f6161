-- findings_by_severity: one row per severity that has open findings
-- grain: severity   owner: compliance
-- A violation breaks a binding limit; a guideline_exceedance goes past one that does not bind.
select
    severity,
    count(*) as findings,
    count(*) filter (where kind = 'violation') as violations,
    count(*) filter (where kind <> 'violation') as exceedances
from findings
where
    status in ('open', 'reopened')
    and ($site is null or site = $site)
group by severity
order by case severity when 'critical' then 1 when 'high' then 2 when 'medium' then 3 when 'low' then 4 else 5 end
