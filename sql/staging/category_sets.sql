-- category_sets: one row per site and distinct set of categories as it was sent
-- grain: set_id   owner: data engineering
-- incremental: new
-- Names become canonical, the site's own before the common synonyms; others stay. Where two names mean one category, it
-- is granted only if both are. set_id is what events carry instead of the set; has_grant: it grants something beyond
-- the necessary; is_full_grant: all that is asked for beyond it.
with texts as (
    select distinct
        site,
        categories as sent
    from raw.events
    where categories is not null
),

sent_sets as (
    select
        hash(site, sent) as set_id,
        site,
        sent
    from texts
    qualify row_number() over (partition by set_id order by site, sent) = 1
),

entries as (
    select
        set_id,
        site,
        unnest(map_entries(from_json(sent, '"MAP(VARCHAR, BOOLEAN)"'))) as entry
    from sent_sets
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
        bool_or(known.category is null) as has_unknown,
        bool_or(named.granted and named.category <> 'necessary') as has_grant,
        bool_and(named.granted) filter (named.category <> 'necessary') as is_full_grant
    from named
    left join known on named.category = known.category
    group by named.set_id
)

select
    sent_sets.set_id,
    sent_sets.site,
    coalesce(canonical.categories, map([]::varchar[], []::boolean[])) as categories,
    coalesce(canonical.has_unknown, false) as has_unknown,
    coalesce(canonical.has_grant, false) as has_grant,
    coalesce(canonical.is_full_grant, false) as is_full_grant
from sent_sets
left join canonical on sent_sets.set_id = canonical.set_id
