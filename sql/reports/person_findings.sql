-- person_findings: one row per finding that concerns one subject; only for those who may look people up
-- grain: finding_id   owner: compliance
select
    findings.finding_id,
    coalesce(rules.title, findings.rule_id) as rule_title,
    findings.severity,
    findings.site,
    findings.status
from findings
left join rules on findings.rule_id = rules.rule_id and rules.rule_case = ''
where findings.subject = $subject
order by findings.last_seen desc, findings.finding_id asc
limit 200
