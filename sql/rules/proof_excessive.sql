-- proof_excessive: records that hold what identifies a person, and no proof needs
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- An e-mail address, a whole IP address or a raw user agent in a field of an event (see the column excess of
-- staging.received) or in the name of a stored item. What it is is not repeated here: the evidence leads to it.
with names as (
    select distinct
        seen.site,
        seen.name
    from staging.storage_observed as seen
),

telling as (
    select *
    from names
    where
        regexp_matches(name, '[^@/ ]+@[^@/ ]+[.][A-Za-z]{2,}')
        or regexp_matches(name, '(^|[^0-9.])([0-9]{1,3}[.]){3}[1-9][0-9]{0,2}($|[^0-9.])')
),

excessive as (
    select
        events.site,
        events.subject,
        unnest(string_split(events.excess, ', ')) as item,
        events.event_time,
        events.topic,
        events.partition,
        events."offset"
    from staging.events as events
    where events.excess <> ''
    union all
    select
        seen.site,
        seen.subject,
        'storage.name' as item,
        seen.event_time,
        seen.topic,
        seen.partition,
        seen."offset"
    from staging.storage_observed as seen
    inner join telling on seen.site = telling.site and seen.name = telling.name
),

placed as (
    select
        excessive.*,
        coalesce(sites.jurisdiction, '') as jurisdiction
    from excessive
    left join policy.sites as sites on excessive.site = sites.site
)

select
    site,
    jurisdiction,
    item,
    if(min(subject) = max(subject), min(subject), '') as subject,
    '' as rule_case,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as occurrences,
    'an address or a user agent in ' || count(*) || ' records of a day' as observed,
    'no e-mail address, whole IP address or user agent' as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (event_time, partition, "offset"),
        3
    ))::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    event_time::date as "date",
    count(*)::double as weight
from placed
group by site, jurisdiction, item, event_time::date
