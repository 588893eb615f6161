-- limits: one row per jurisdiction and limit: the one in force at the as-of time
-- grain: jurisdiction, limit_name   owner: compliance
-- Where a jurisdiction names no number, the organisation's default stands in and is_default says so; where that has
-- none either, value stays null and the citation is the jurisdiction's own.
with in_force as (
    select limits.*
    from policy.limits as limits
    inner join staging.run as run
        on limits.effective_from is null or limits.effective_from <= run.as_of::date
    qualify row_number() over (
        partition by limits.jurisdiction, limits.limit_name
        order by limits.effective_from desc nulls last
    ) = 1
),

names as (
    select distinct limit_name
    from in_force
),

paired as (
    select
        jurisdictions.jurisdiction,
        names.limit_name,
        own.jurisdiction is not null as has_own,
        own.value as own_value,
        own.longest_s as own_longest_s,
        own.binding as own_binding,
        own.evidence as own_evidence,
        own.citation as own_citation,
        defaults.value as default_value,
        defaults.longest_s as default_longest_s,
        defaults.binding as default_binding,
        defaults.evidence as default_evidence,
        defaults.citation as default_citation,
        jurisdictions.jurisdiction = 'default' or (own.value is null and defaults.value is not null) as is_default
    from policy.jurisdictions as jurisdictions
    cross join names
    left join in_force as own
        on jurisdictions.jurisdiction = own.jurisdiction and names.limit_name = own.limit_name
    left join in_force as defaults
        on defaults.jurisdiction = 'default' and names.limit_name = defaults.limit_name
)

select
    jurisdiction,
    limit_name,
    if(is_default, default_value, own_value) as value,
    if(is_default, default_longest_s, own_longest_s) as longest_s,
    if(is_default, default_binding, own_binding) as binding,
    if(is_default, default_evidence, own_evidence) as evidence,
    if(is_default, default_citation, own_citation) as citation,
    is_default
from paired
where has_own or default_value is not null
