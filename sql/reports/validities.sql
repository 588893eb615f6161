-- validities: one row per jurisdiction that says how long a consent stands
-- grain: jurisdiction   owner: compliance
select
    jurisdiction,
    value,
    datepart('year', value) * 12 + datepart('month', value) as months,
    binding,
    evidence,
    citation,
    is_default
from limits
where limit_name = 'consent_validity' and value is not null
order by jurisdiction
