-- cookie_outlives_consent: a declared lifetime longer than a consent can be valid
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- Only for jurisdictions that name a number of their own. Both sides count as the longest they can be (P365D is shorter
-- than P12M). Necessary storage rests on no consent and is left out, except what stores the consent itself: it would
-- keep a choice in force that is no longer valid. An item without a category may need consent, and is counted.
with limits as (
    select
        scope.site,
        scope.jurisdiction,
        in_force.value,
        in_force.longest_s,
        in_force.binding,
        in_force.citation || ' [' || in_force.evidence || ']' as citation
    from staging.scope as scope
    inner join staging.limits as in_force
        on
            scope.jurisdiction = in_force.jurisdiction
            and in_force.limit_name = 'consent_validity'
            and not in_force.is_default
            and in_force.value is not null
),

items as (
    select
        items.site,
        items.row_no,
        items.line,
        items.lifetime,
        items.lifetime_longest_s,
        coalesce(items.name, 'unnamed ' || items.type || ' (row ' || items.row_no || ')') as item
    from policy.storage_items as items
    where
        items.lifetime_longest_s is not null
        and (
            items.category is distinct from 'necessary'
            or regexp_matches(lower(items.purpose), '\b(consent|consents|consented|cookie preferences)\b')
        )
)

select
    items.site,
    limits.jurisdiction,
    items.item,
    '' as subject,
    '' as rule_case,
    min(run.as_of) as first_seen,
    max(run.as_of) as last_seen,
    count(*) as occurrences,
    'declared: ' || string_agg(distinct items.lifetime, ', ' order by items.lifetime) as observed,
    'a consent is valid for ' || limits.value::varchar as allowed,
    to_json(list(
        json_object('file', 'policies/sites/' || items.site || '.yaml', 'line', items.line, 'row', items.row_no)
        order by items.row_no
    )[1:3])::varchar as evidence,
    limits.binding,
    limits.citation,
    null::date as "date",
    0::double as weight
from items
inner join limits on items.site = limits.site and items.lifetime_longest_s > limits.longest_s
cross join staging.run as run
group by items.site, limits.jurisdiction, items.item, limits.value, limits.binding, limits.citation
