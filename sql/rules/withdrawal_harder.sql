-- withdrawal_harder: taking consent back takes more than giving it
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- Case steps: more steps to withdraw than to grant, where a banner gives both. Case way: the only way described is to
-- clear the browser, or to write to someone. A site that does not say how is counted in the relation undecidable.
with steps as (
    select
        banners.site,
        coalesce('banner ' || banners.banner_id, 'banner (row ' || banners.row_no || ')') as item,
        'steps' as rule_case,
        banners.steps_to_withdraw || ' steps to withdraw, ' || banners.steps_to_grant || ' to grant' as observed,
        banners.line,
        banners.row_no
    from policy.banners as banners
    where banners.steps_to_withdraw > banners.steps_to_grant
),

ways as (
    select
        site,
        'withdrawal' as item,
        'way' as rule_case,
        if(withdrawal = 'contact', 'only by writing to the site', 'only by clearing the browser') as observed,
        1 as line,
        0 as row_no
    from policy.sites
    where withdrawal in ('contact', 'browser_settings')
),

harder as (
    select * from steps
    union all
    select * from ways
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
    'declared: ' || string_agg(distinct found.observed, '; ' order by found.observed) as observed,
    'as easy to withdraw as to give' as allowed,
    to_json(list(
        json_object('file', 'policies/sites/' || found.site || '.yaml', 'line', found.line, 'row', found.row_no)
        order by found.row_no
    )[1:3])::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    null::date as "date",
    0::double as weight
from harder as found
inner join policy.sites as sites on found.site = sites.site
cross join staging.run as run
group by found.site, sites.jurisdiction, found.item, found.rule_case
