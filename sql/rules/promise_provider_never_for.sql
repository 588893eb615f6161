-- promise_provider_never_for: storage of a provider on devices where the policy promises never to use it
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
with made as (
    select *
    from policy.promises
    where promise = 'provider_never_for'
),

used as (
    select
        seen.site,
        coalesce(sites.jurisdiction, '') as jurisdiction,
        seen.subject,
        seen.name,
        made.provider,
        seen.event_time,
        seen.topic,
        seen.partition,
        seen."offset"
    from staging.storage_observed as seen
    inner join staging.promised_names as names on seen.site = names.site and seen.name = names.name
    inner join made on names.site = made.site and names.row_no = made.row_no
    inner join policy.sites as sites on seen.site = sites.site
    inner join staging.events as events
        on
            seen.topic_id = events.topic_id
            and seen.partition = events.partition
            and seen."offset" = events."offset"
            and seen."date" = events."date"
    where
        (made.platforms is null or list_contains(made.platforms, events.platform))
        and (made.regions is null or list_contains(made.regions, events.region))
        and (made.banner_ids is null or list_contains(made.banner_ids, events.banner_id))
        and (made.variants is null or list_contains(made.variants, events.variant))
)

select
    site,
    jurisdiction,
    name as item,
    if(min(subject) = max(subject), min(subject), '') as subject,
    '' as rule_case,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as occurrences,
    'storage of ' || min(provider) || ' on ' || count(distinct subject) || ' device(s) in a day' as observed,
    'promised: never on such devices' as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (event_time, partition, "offset"),
        3
    ))::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    event_time::date as "date",
    count(distinct subject)::double as weight
from used
group by site, jurisdiction, name, event_time::date
