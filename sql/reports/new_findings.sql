-- new_findings: one row per grave finding that opened or reopened lately and that nobody has answered
-- grain: at, finding_id   owner: compliance
-- $since: how long before the as-of time.
select
    history."at",
    findings.severity,
    history.event,
    findings.site,
    coalesce(rules.title, findings.rule_id) as title,
    case when findings.subject = '' then findings.item else replace(findings.item, findings.subject, '…') end as item,
    findings.jurisdiction,
    findings.finding_id
from finding_history as history
inner join findings on history.finding_id = findings.finding_id
cross join meta
left join rules on findings.rule_id = rules.rule_id and rules.rule_case = ''
where
    history.event in ('opened', 'reopened')
    and history."at" > meta.as_of - $since::interval
    and findings.status in ('open', 'reopened')
    and findings.severity in ('critical', 'high')
order by history."at" asc, findings.severity asc, findings.site asc, findings.rule_id asc, findings.finding_id asc
