-- no_critical_findings: one row per open finding of severity critical
-- grain: finding_id   owner: compliance
-- checks: marts.findings   severity: WARN
select
    finding_id,
    rule_id,
    site
from marts.findings
where severity = 'critical' and status in ('open', 'reopened')
