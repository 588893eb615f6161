-- validities: one row per jurisdiction that says how long a consent stands
-- grain: jurisdiction   owner: compliance
-- A validity in days counts as the nearest whole months (of 2,629,746 seconds, a twelfth of the mean year).
select
    jurisdiction,
    value,
    case
        when datepart('year', value) * 12 + datepart('month', value) > 0
            then datepart('year', value) * 12 + datepart('month', value)
        else greatest(1, cast(round(longest_s / 2629746.0) as bigint))
    end as months,
    binding,
    evidence,
    citation,
    is_default
from limits
where limit_name = 'consent_validity' and value is not null
order by jurisdiction
