-- findings_count: one row, how many findings the filters leave
-- grain: none   owner: compliance
select count(*) as findings
from findings
where
    ($site is null or findings.site = $site)
    and ($severity is null or findings.severity = $severity)
    and ($rule is null or findings.rule_id = $rule)
    and ($jurisdiction is null or findings.jurisdiction = $jurisdiction)
    and ($status is null or findings.status = $status)
