-- rules: one row per rule of the catalogue, with how many findings stand under it
-- grain: rule_id   owner: compliance
with found as (
    select
        rule_id,
        count(*) as findings,
        count(*) filter (where status in ('open', 'reopened')) as open_findings
    from findings
    group by rule_id
),

cases as (
    select
        rule_id,
        count(*) as cases
    from rules
    where rule_case <> ''
    group by rule_id
)

select
    rules.rule_id,
    rules.title,
    rules.description,
    rules.severity,
    rules.binding,
    rules.evidence,
    rules.citation,
    coalesce(cases.cases, 0) as cases,
    coalesce(found.findings, 0) as findings,
    coalesce(found.open_findings, 0) as open_findings
from rules
left join found on rules.rule_id = found.rule_id
left join cases on rules.rule_id = cases.rule_id
where rules.rule_case = ''
order by
    case rules.severity when 'critical' then 1 when 'high' then 2 when 'medium' then 3 when 'low' then 4 else 5 end,
    rules.rule_id
