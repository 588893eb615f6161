-- bundled_purposes: one toggle of a banner that decides more than one purpose
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- What is necessary is not decided by anyone, and does not count. A button beside separate toggles that answers them
-- all at once is no toggle.
with bundles as (
    select
        toggles.site,
        coalesce('banner ' || banners.banner_id, 'banner (row ' || banners.row_no || ')') as item,
        '' as rule_case,
        list_filter(toggles.categories, lambda category: category <> 'necessary') as categories,
        toggles.line,
        toggles.row_no
    from policy.toggles as toggles
    inner join policy.banners as banners on toggles.site = banners.site and toggles.row_no = banners.row_no
),

bundled as (
    select
        *,
        array_to_string(categories, ', ') as purposes
    from bundles
    where len(categories) > 1
)

select
    found.site,
    coalesce(sites.jurisdiction, '') as jurisdiction,
    found.item,
    '' as subject,
    found.rule_case,
    min(run.as_of) as first_seen,
    max(run.as_of) as last_seen,
    count(*) as occurrences,
    'declared: one toggle for ' || string_agg(distinct found.purposes, '; and one for ' order by found.purposes)
        as observed,
    'a choice for each purpose' as allowed,
    to_json(list(
        json_object('file', 'policies/sites/' || found.site || '.yaml', 'line', found.line, 'row', found.row_no)
        order by found.row_no
    )[1:3])::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    null::date as "date",
    0::double as weight
from bundled as found
inner join policy.sites as sites on found.site = sites.site
cross join staging.run as run
group by found.site, sites.jurisdiction, found.item, found.rule_case
