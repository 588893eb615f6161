-- no_high_findings: one row per open finding of severity high
-- grain: finding_id   owner: compliance
-- checks: marts.findings   severity: WARN
select
    finding_id,
    rule_id,
    site
from marts.findings
where severity = 'high' and status in ('open', 'reopened')
