-- category_sets: one row per distinct set of categories as it was sent
-- grain: sent   owner: data engineering
-- incremental: new
-- Synonyms become canonical names; others stay. Where two names mean one category, it is granted only if both are.
with sent_sets as (
    select distinct categories as sent
    from raw.events
    where categories is not null
),

numbered as (
    select
        sent,
        row_number() over () as set_id
    from sent_sets
),

entries as (
    select
        set_id,
        unnest(map_entries(from_json(sent, '"MAP(VARCHAR, BOOLEAN)"'))) as entry
    from numbered
),

named as (
    select
        entries.set_id,
        coalesce(synonyms.category, entries.entry.key) as category,
        bool_and(entries.entry.value) as granted
    from entries
    left join policy.categories as synonyms on entries.entry.key = synonyms.name
    group by all
),

canonical as (
    select
        set_id,
        map(list(category order by category), list(granted order by category)) as categories
    from named
    group by set_id
)

select
    numbered.sent,
    coalesce(canonical.categories, map([]::varchar[], []::boolean[])) as categories
from numbered
left join canonical on numbered.set_id = canonical.set_id
