-- rule: what one rule of the catalogue says, in the words of a case of it where that has its own
-- grain: rule_id   owner: compliance
select
    rules.title as rule_title,
    coalesce(cases.description, rules.description) as rule_description,
    coalesce(cases.evidence, rules.evidence) as rule_evidence
from rules
left join rules as cases on rules.rule_id = cases.rule_id and cases.rule_case = $rule_case
where rules.rule_id = $rule_id and rules.rule_case = ''
