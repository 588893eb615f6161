-- category_sets: one row per site and distinct set of categories as it was sent
-- grain: site, sent   owner: data engineering
-- incremental: new
-- Names become canonical, the site's own before the common synonyms; others stay. Where two names mean one category, it
-- is granted only if both are.
with sent_sets as (
    select distinct
        site,
        categories as sent
    from raw.events
    where categories is not null
),

numbered as (
    select
        site,
        sent,
        row_number() over () as set_id
    from sent_sets
),

entries as (
    select
        set_id,
        site,
        unnest(map_entries(from_json(sent, '"MAP(VARCHAR, BOOLEAN)"'))) as entry
    from numbered
),

named as (
    select
        entries.set_id,
        coalesce(own.category, synonyms.category, entries.entry.key) as category,
        bool_and(entries.entry.value) as granted
    from entries
    left join policy.site_categories as own on entries.site = own.site and entries.entry.key = own.name
    left join policy.categories as synonyms on entries.entry.key = synonyms.name
    group by all
),

known as (
    select distinct policy.categories.category
    from policy.categories
),

canonical as (
    select
        named.set_id,
        map(list(named.category order by named.category), list(named.granted order by named.category)) as categories,
        bool_or(known.category is null) as has_unknown
    from named
    left join known on named.category = known.category
    group by named.set_id
)

select
    numbered.site,
    numbered.sent,
    coalesce(canonical.categories, map([]::varchar[], []::boolean[])) as categories,
    coalesce(canonical.has_unknown, false) as has_unknown
from numbered
left join canonical on numbered.set_id = canonical.set_id
