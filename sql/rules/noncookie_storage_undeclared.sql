-- noncookie_storage_undeclared: storage other than a cookie that the site's policy does not list
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- A policy that describes a kind of storage without naming its items does not list them.
with unlisted as (
    select
        seen.*,
        coalesce(sites.jurisdiction, '') as site_jurisdiction
    from staging.storage_observed as seen
    inner join policy.sites as sites on seen.site = sites.site
    where
        seen.has_inventory
        and not seen.is_declared
        and seen.type in ('local_storage', 'session_storage', 'indexed_db', 'pixel')
)

select
    site,
    site_jurisdiction as jurisdiction,
    name as item,
    if(min(subject) = max(subject), min(subject), '') as subject,
    '' as rule_case,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as occurrences,
    'seen as ' || string_agg(distinct coalesce(type, 'cookie'), ', ' order by coalesce(type, 'cookie'))
    || coalesce(
        ' of ' || min(domain) || if(count(distinct domain) > 1, ' and ' || (count(distinct domain) - 1) || ' more', ''),
        ''
    ) as observed,
    'listed in the site''s policy' as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (event_time, partition, "offset"),
        3
    ))::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    event_time::date as "date",
    count(distinct domain)::double as weight
from unlisted
group by site, site_jurisdiction, name, event_time::date
