-- reject_missing_layer1: a banner whose first layer offers no way to refuse
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- Only a banner that is described without one; a banner that nobody described is counted in the relation undecidable.
with missing as (
    select
        banners.site,
        coalesce('banner ' || banners.banner_id, 'banner (row ' || banners.row_no || ')') as item,
        '' as rule_case,
        banners.line,
        banners.row_no
    from policy.banners as banners
    where not banners.reject_on_first_layer
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
    'declared: no way to refuse on the first layer' as observed,
    'refusing on the layer that asks' as allowed,
    to_json(list(
        json_object('file', 'policies/sites/' || found.site || '.yaml', 'line', found.line, 'row', found.row_no)
        order by found.row_no
    )[1:3])::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    null::date as "date",
    0::double as weight
from missing as found
inner join policy.sites as sites on found.site = sites.site
cross join staging.run as run
group by found.site, sites.jurisdiction, found.item, found.rule_case
