-- declaration_incomplete: what a policy leaves out of its list
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- A row is complete with a name, a category, a lifetime, and a provider or a party. What one row of a name leaves out
-- another row of that name may say. Case provider: a system is described as storing something, and no row is its own
-- (HubSpot CDN is HubSpot's). Case controller: who is responsible, or an address to write to, is not given.
with named as (
    select
        site,
        type,
        name,
        max(category) as category,
        max(lifetime) as lifetime,
        max(coalesce(provider, party)) as provider_or_party
    from policy.storage_items
    where name is not null
    group by site, type, name
),

items as (
    select
        items.site,
        coalesce(items.name, 'unnamed ' || items.type || ' (row ' || items.row_no || ')') as item,
        '' as rule_case,
        concat_ws(
            ', ',
            if(items.name is null, 'name', null),
            if(coalesce(items.category, named.category) is null, 'category', null),
            if(coalesce(items.lifetime, named.lifetime) is null, 'lifetime', null),
            if(coalesce(items.provider, items.party, named.provider_or_party) is null, 'provider and party', null)
        ) as missing,
        items.line,
        items.row_no
    from policy.storage_items as items
    left join named on items.site = named.site and items.type = named.type and items.name = named.name
),

providers as (
    select
        providers.site,
        providers.provider as item,
        'provider' as rule_case,
        'any item of a provider that sets storage' as missing,
        1 as line,
        0 as row_no
    from policy.providers as providers
    where
        providers.sets_storage
        and not exists (
            select 1
            from policy.storage_items as items
            where
                items.site = providers.site
                and starts_with(lower(items.provider) || ' ', lower(providers.provider) || ' ')
        )
),

controllers as (
    select
        site,
        'controller' as item,
        'controller' as rule_case,
        'controller' as missing,
        1 as line,
        0 as row_no
    from policy.sites
    where controller is null
    union all
    select
        site,
        'contact' as item,
        'controller' as rule_case,
        'contact' as missing,
        1 as line,
        0 as row_no
    from policy.sites
    where contact is null
),

gaps as (
    select * from items
    where missing <> ''
    union all
    select * from providers
    union all
    select * from controllers
)

select
    gaps.site,
    coalesce(sites.jurisdiction, '') as jurisdiction,
    gaps.item,
    '' as subject,
    gaps.rule_case,
    min(run.as_of) as first_seen,
    max(run.as_of) as last_seen,
    count(*) as occurrences,
    'missing: ' || string_agg(distinct gaps.missing, '; ' order by gaps.missing) as observed,
    case gaps.rule_case
        when 'provider' then 'every item of a provider is listed'
        when 'controller' then 'the controller and an address to write to'
        else 'name, category, lifetime, and provider or party'
    end as allowed,
    to_json(list(
        json_object('file', 'policies/sites/' || gaps.site || '.yaml', 'line', gaps.line, 'row', gaps.row_no)
        order by gaps.row_no
    )[1:3])::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    null::date as "date",
    0::double as weight
from gaps
inner join policy.sites as sites on gaps.site = sites.site
cross join staging.run as run
group by gaps.site, sites.jurisdiction, gaps.item, gaps.rule_case
