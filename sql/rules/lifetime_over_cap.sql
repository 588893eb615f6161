-- lifetime_over_cap: a declared or observed lifetime longer than the cap of a jurisdiction
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- The organisation's default cap is one fact however many places fall back to it: it is told once, under the site's own
-- jurisdiction, unless that one has a cap itself or an audit left it out. Case fr_exempt: what measures audiences in
-- France (performance, or declared necessary for a purpose of that kind) could be exempt only within the cap; whether
-- the site relies on the exemption is not known here.
with scoped as (
    select
        scope.site,
        scope.jurisdiction,
        limits.longest_s,
        limits.value,
        limits.binding,
        limits.is_default,
        limits.citation || ' [' || limits.evidence || ']' as citation,
        max(if(scope.is_own and limits.is_default, scope.jurisdiction, null))
            over (partition by scope.site) as own_with_default
    from staging.scope as scope
    inner join staging.limits as limits
        on
            scope.jurisdiction = limits.jurisdiction
            and limits.limit_name = 'storage_lifetime_cap'
            and limits.value is not null
),

caps as (
    select
        *,
        if(is_default, coalesce(own_with_default, jurisdiction), jurisdiction) as told_under
    from scoped
),

measuring as (
    select distinct
        items.site,
        items.name
    from policy.storage_items as items
    inner join policy.purpose_terms as terms
        on
            terms.category = 'performance'
            and regexp_matches(
                lower(items.purpose),
                '(^|[^a-z0-9])' || replace(terms.term, '*', '[a-z0-9]*') || '($|[^a-z0-9])'
            )
    where items.category = 'necessary'
),

declared as (
    select
        items.site,
        caps.told_under,
        caps.is_default,
        caps.value,
        caps.binding,
        caps.citation,
        coalesce(items.name, 'unnamed ' || items.type || ' (row ' || items.row_no || ')') as item,
        coalesce(items.category = 'performance', false) or measuring.site is not null as is_measuring,
        '' as subject,
        items.lifetime as declared_as,
        items.lifetime_longest_s as declared_s,
        null::bigint as seen_s,
        run.as_of as seen_at,
        null::date as "date",
        items.row_no as place,
        json_object('file', 'policies/sites/' || items.site || '.yaml', 'line', items.line, 'row', items.row_no)
            as evidence
    from policy.storage_items as items
    cross join staging.run as run
    inner join caps on items.site = caps.site and items.lifetime_longest_s > caps.longest_s
    left join measuring on items.site = measuring.site and items.name is not distinct from measuring.name
    where not caps.is_default or caps.told_under = caps.jurisdiction
),

observed as (
    select
        seen.site,
        caps.told_under,
        caps.is_default,
        caps.value,
        caps.binding,
        caps.citation,
        seen.name as item,
        coalesce(seen.category = 'performance', false) or measuring.site is not null as is_measuring,
        seen.subject,
        null::varchar as declared_as,
        null::bigint as declared_s,
        seen.lifetime_s as seen_s,
        seen.event_time as seen_at,
        seen.event_time::date as "date",
        seen."offset" as place,
        json_object('topic', seen.topic, 'partition', seen.partition, 'offset', seen."offset") as evidence
    from staging.storage_observed as seen
    inner join caps
        on seen.site = caps.site and seen.jurisdiction = caps.jurisdiction and seen.lifetime_s > caps.longest_s
    left join measuring on seen.site = measuring.site and seen.name = measuring.name
),

facts as (
    select * from declared
    union all
    select * from observed
)

select
    site,
    told_under as jurisdiction,
    item,
    if(
        bool_or(declared_as is null) and count(distinct nullif(subject, '')) = 1, max(subject), ''
    ) as subject,
    if(told_under = 'FR' and not bool_or(is_default) and bool_or(is_measuring), 'fr_exempt', '') as rule_case,
    min(seen_at) as first_seen,
    max(seen_at) as last_seen,
    count(*) as occurrences,
    concat_ws(
        '; ',
        'declared: ' || string_agg(distinct declared_as, ', ' order by declared_as),
        'seen with up to ' || max(seen_s) || ' s (' || round(max(seen_s) / 86400, 1) || ' days)'
    ) as observed,
    'at most ' || min(value)::varchar
    || if(bool_or(is_default), ' (the organisation''s own default)', '') as allowed,
    to_json(arg_min(evidence, (declared_as is null, seen_at, place), 3))::varchar as evidence,
    bool_or(binding) as binding,
    min(citation) as citation,
    "date",
    coalesce(max(seen_s), max(declared_s))::double as weight
from facts
group by site, told_under, item, "date"
