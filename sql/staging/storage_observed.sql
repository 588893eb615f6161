-- storage_observed: one row per item of storage that an observation saw, beside what the site declares of it
-- grain: topic_id, partition, offset, item_no   owner: compliance
-- incremental: event
-- The category is the declared one, else what the CMP said; null is unknown. Of several declarations of one name
-- the longest lifetime counts: a doubt is the site's.
with items as (
    select
        topic,
        topic_id,
        partition,
        "offset",
        site,
        subject,
        subject_key,
        jurisdiction,
        event_time,
        "date",
        unnest(storage) as item,
        generate_subscripts(storage, 1) as item_no
    from staging.events
    where kind = 'observation'
),

names as (
    select distinct
        site,
        item.name as name
    from items
),

declarations as (
    select
        names.site,
        names.name,
        max(declared.category) as category,
        bool_and(declared.lifetime_kind = 'session') as is_session,
        if(bool_and(declared.lifetime_kind = 'duration'), max(declared.lifetime_longest_s), null) as longest_s
    from names
    inner join policy.storage_items as declared
        on
            names.site = declared.site
            and (names.name = declared.name or regexp_full_match(names.name, declared.name_regex))
    group by names.site, names.name
)

select
    items.topic,
    items.topic_id,
    items.partition,
    items."offset",
    items.item_no,
    items.site,
    items.subject,
    items.subject_key,
    items.jurisdiction,
    items.event_time,
    items."date",
    items.item.name as name,
    items.item.type as type,
    items.item.domain as domain,
    items.item.party as party,
    items.item.lifetime_s as lifetime_s,
    coalesce(declarations.category, own.category, synonyms.category, items.item.category) as category,
    coalesce(own.category, synonyms.category, items.item.category) as observed_category,
    sites.site is not null as has_inventory,
    declarations.name is not null as is_declared,
    case when declarations.is_session then 'session' when declarations.longest_s is not null then 'duration' end
        as declared_kind,
    declarations.longest_s as declared_longest_s
from items
left join declarations on items.site = declarations.site and items.item.name = declarations.name
left join policy.site_categories as own on items.site = own.site and items.item.category = own.name
left join policy.categories as synonyms on items.item.category = synonyms.name
left join policy.sites as sites on items.site = sites.site
