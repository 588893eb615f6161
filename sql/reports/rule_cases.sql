-- rule_cases: one row per case that a rule tells apart, with what is its own
-- grain: rule_id, rule_case   owner: compliance
select
    cases.rule_id,
    cases.rule_case,
    cases.severity,
    cases.binding,
    nullif(cases.description, rules.description) as description,
    nullif(cases.citation, rules.citation) as citation,
    cases.evidence
from rules as cases
inner join rules on cases.rule_id = rules.rule_id and rules.rule_case = ''
where cases.rule_case <> ''
order by cases.rule_id, cases.rule_case
