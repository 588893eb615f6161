-- limits: one row per jurisdiction and limit in force at the as-of time
-- grain: jurisdiction, limit_name   owner: compliance
select
    jurisdiction,
    limit_name,
    value,
    longest_s,
    binding,
    evidence,
    citation,
    is_default
from staging.limits
