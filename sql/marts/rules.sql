-- rules: one row per rule and case of the catalogue: what it rests on and how sure that is
-- grain: rule_id, rule_case   owner: compliance
select
    rule_id,
    rule_case,
    title,
    description,
    severity,
    binding,
    evidence,
    citation
from policy.rules
