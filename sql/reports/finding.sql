-- finding: one finding with its rule, without the person it may concern
-- grain: finding_id   owner: compliance
-- A subject's id never leaves the snapshot: a flag says that there is one, and free text that holds it is cut.
select
    findings.finding_id,
    findings.rule_id,
    coalesce(titles.title, findings.rule_id) as rule_title,
    findings.kind,
    findings.severity,
    findings.jurisdiction,
    findings.site,
    findings.subject <> '' as concerns_one_person,
    case when findings.subject = '' then findings.item else replace(findings.item, findings.subject, '…') end as item,
    findings.first_seen,
    findings.last_seen,
    findings.occurrences,
    case
        when findings.subject = '' then findings.observed
        else replace(findings.observed, findings.subject, '…')
    end as observed,
    case
        when findings.subject = '' then findings.allowed
        else replace(findings.allowed, findings.subject, '…')
    end as allowed,
    case
        when findings.subject = '' then findings.evidence
        else replace(findings.evidence, findings.subject, '…')
    end as evidence,
    findings.citation,
    findings.status,
    coalesce(cases.description, titles.description) as rule_description,
    coalesce(cases.evidence, titles.evidence) as rule_evidence
from findings
left join rules as titles on findings.rule_id = titles.rule_id and titles.rule_case = ''
left join rules as cases on findings.rule_id = cases.rule_id and findings.rule_case = cases.rule_case
where findings.finding_id = $finding_id
