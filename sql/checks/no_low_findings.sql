-- no_low_findings: one row per open finding of severity low
-- grain: finding_id   owner: compliance
-- checks: marts.findings   severity: WARN
select
    finding_id,
    rule_id,
    site
from marts.findings
where severity = 'low' and status in ('open', 'reopened')
