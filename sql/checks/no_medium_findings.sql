-- no_medium_findings: one row per open finding of severity medium
-- grain: finding_id   owner: compliance
-- checks: marts.findings   severity: WARN
select
    finding_id,
    rule_id,
    site
from marts.findings
where severity = 'medium' and status in ('open', 'reopened')
