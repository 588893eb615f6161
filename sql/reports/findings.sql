-- findings: one row per finding, the gravest first, without the person it may concern
-- grain: finding_id   owner: compliance
-- A subject's id never leaves the snapshot: a flag says that there is one, and free text that holds it is cut.
with titles as (
    select
        rule_id,
        title
    from rules
    where rule_case = ''
)

select
    findings.finding_id,
    findings.rule_id,
    coalesce(titles.title, findings.rule_id) as rule_title,
    findings.kind,
    findings.severity,
    findings.jurisdiction,
    findings.site,
    findings.subject <> '' as concerns_one_person,
    replace(findings.item, findings.subject, '…') as item,
    findings.first_seen,
    findings.last_seen,
    findings.occurrences,
    replace(findings.observed, findings.subject, '…') as observed,
    replace(findings.allowed, findings.subject, '…') as allowed,
    replace(findings.evidence, findings.subject, '…') as evidence,
    findings.citation,
    findings.status
from findings
left join titles on findings.rule_id = titles.rule_id
where
    ($site is null or findings.site = $site)
    and ($severity is null or findings.severity = $severity)
    and ($rule is null or findings.rule_id = $rule)
    and ($jurisdiction is null or findings.jurisdiction = $jurisdiction)
    and ($status is null or findings.status = $status)
order by
    case findings.severity
        when 'critical' then 1
        when 'high' then 2
        when 'medium' then 3
        when 'low' then 4
        else 5
    end asc,
    findings.last_seen desc,
    findings.rule_id asc,
    findings.site asc,
    findings.finding_id asc
limit $rows offset $skip
