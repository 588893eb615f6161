-- necessary_miscategorised: declared necessary, for a purpose that shows another category
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- The words are those of policies/categories.yaml; a purpose without any of them is believed.
with shown as (
    select
        items.site,
        coalesce(items.name, 'unnamed ' || items.type || ' (row ' || items.row_no || ')') as item,
        items.line,
        items.row_no,
        string_agg(distinct terms.category, ' and ' order by terms.category) as categories,
        string_agg(distinct terms.term, ', ' order by terms.term) as terms
    from policy.storage_items as items
    inner join policy.purpose_terms as terms
        on
            terms.category <> 'necessary'
            and regexp_matches(
                lower(items.purpose), '(^|[^a-z0-9])' || replace(terms.term, '*', '[a-z0-9]*') || '($|[^a-z0-9])'
            )
    where items.category = 'necessary'
    group by items.site, item, items.line, items.row_no
)

select
    shown.site,
    coalesce(sites.jurisdiction, '') as jurisdiction,
    shown.item,
    '' as subject,
    '' as rule_case,
    min(run.as_of) as first_seen,
    max(run.as_of) as last_seen,
    count(*) as occurrences,
    'declared: necessary, with a purpose of ' || min(shown.categories) || ' (' || min(shown.terms) || ')' as observed,
    'necessary for a service the visitor asked for' as allowed,
    to_json(list(
        json_object('file', 'policies/sites/' || shown.site || '.yaml', 'line', shown.line, 'row', shown.row_no)
        order by shown.row_no
    )[1:3])::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    null::date as "date",
    0::double as weight
from shown
inner join policy.sites as sites on shown.site = sites.site
cross join staging.run as run
group by shown.site, sites.jurisdiction, shown.item
