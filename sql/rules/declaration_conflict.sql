-- declaration_conflict: statements of a policy that cannot all be true
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- Cases lifetime and category: two rows of one item give different ones. Rows are of one item where name and type agree
-- (and domains do not differ); where one has no name, where the provider is the same and the purposes share at least
-- half of their words. Case itself: one row gives two lifetimes. Cases purpose_…: the purpose shows a stricter category
-- than the declared one, functionality < performance < marketing; for items declared necessary see
-- necessary_miscategorised.
with strictness as (
    select
        ranked.category,
        ranked.strict
    from (
        values ('necessary', 0), ('functionality', 1), ('performance', 2), ('marketing', 3)
    ) as ranked (category, strict)
),

items as (
    select
        *,
        coalesce(name, 'unnamed ' || type || ' (row ' || row_no || ')') as item,
        coalesce(lifetime_longest_s::varchar, lifetime) as comparable,
        list_distinct(regexp_extract_all(lower(purpose), '[\p{L}\p{N}]+')) as words
    from policy.storage_items
),

pairs as (
    select
        one.site,
        coalesce(one.name, other.name) as item,
        one.comparable <> other.comparable as differs_in_lifetime,
        one.category <> other.category as differs_in_category,
        [
            struct_pack(
                line := one.line, row := one.row_no, lifetime := one.lifetime, category := one.category
            ),
            struct_pack(
                line := other.line, row := other.row_no, lifetime := other.lifetime, category := other.category
            )
        ] as both_rows
    from items as one
    inner join items as other
        on
            one.site = other.site
            and one.type = other.type
            and one.row_no < other.row_no
            and coalesce(one.domain = other.domain, true)
            and (
                one.name = other.name
                or (
                    (one.name is null) <> (other.name is null)
                    and lower(one.provider) = lower(other.provider)
                    and len(one.words) > 0
                    and len(list_intersect(one.words, other.words)) * 2
                    >= len(list_distinct(list_concat(one.words, other.words)))
                )
            )
),

differences as (
    select
        site,
        item,
        'lifetime' as rule_case,
        unnest(both_rows) as stated
    from pairs
    where differs_in_lifetime
    union all
    select
        site,
        item,
        'category' as rule_case,
        unnest(both_rows) as stated
    from pairs
    where differs_in_category
),

shown as (
    select
        items.site,
        items.item,
        items.line,
        items.row_no,
        items.category,
        max_by(terms.category, strictness.strict) as shown_category,
        max(strictness.strict) as shown_strictness
    from items
    inner join policy.purpose_terms as terms
        on regexp_matches(
            lower(items.purpose), '(^|[^a-z0-9])' || replace(terms.term, '*', '[a-z0-9]*') || '($|[^a-z0-9])'
        )
    inner join strictness on terms.category = strictness.category
    group by items.site, items.item, items.line, items.row_no, items.category
),

conflicts as (
    select
        differences.site,
        differences.item,
        differences.rule_case,
        differences.stated.line as line_no,
        differences.stated.row as row_no,
        if(differences.rule_case = 'lifetime', differences.stated.lifetime, differences.stated.category) as observed,
        'one ' || differences.rule_case || ' for one item' as allowed
    from differences
    union
    select
        site,
        item,
        'itself' as rule_case,
        line,
        row_no,
        lifetime as observed,
        'one lifetime for one item' as allowed
    from items
    where lifetime_kind = 'conflicting'
    union
    select
        shown.site,
        shown.item,
        'purpose_' || shown.shown_category as rule_case,
        shown.line,
        shown.row_no,
        shown.category || ', with a purpose of ' || shown.shown_category as observed,
        'the category of the purpose' as allowed
    from shown
    inner join strictness on shown.category = strictness.category
    where shown.category <> 'necessary' and shown.shown_strictness > strictness.strict
)

select
    conflicts.site,
    coalesce(sites.jurisdiction, '') as jurisdiction,
    conflicts.item,
    '' as subject,
    conflicts.rule_case,
    min(run.as_of) as first_seen,
    max(run.as_of) as last_seen,
    count(*) as occurrences,
    'declared: ' || string_agg(distinct conflicts.observed, ' and ' order by conflicts.observed) as observed,
    min(conflicts.allowed) as allowed,
    to_json(list(
        json_object(
            'file', 'policies/sites/' || conflicts.site || '.yaml',
            'line', conflicts.line_no,
            'row', conflicts.row_no
        )
        order by conflicts.row_no
    )[1:3])::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    null::date as "date",
    0::double as weight
from conflicts
inner join policy.sites as sites on conflicts.site = sites.site
cross join staging.run as run
group by conflicts.site, sites.jurisdiction, conflicts.item, conflicts.rule_case
