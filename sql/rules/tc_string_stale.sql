-- tc_string_stale: a TC string relied on for longer after its last update than allowed
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- A decision or a replay that carries one. The end is calendar months after the last update; it is stale from then on.
with limits as (
    select
        value,
        binding,
        citation || ' [' || evidence || ']' as citation
    from staging.limits
    where jurisdiction = 'TCF' and limit_name = 'tc_string_age' and value is not null
),

stale as (
    select
        events.site,
        'TCF' as jurisdiction,
        events.subject,
        events.event_time,
        events.topic,
        events.partition,
        events."offset",
        strings.last_updated,
        limits.value,
        limits.binding,
        limits.citation
    from staging.events as events
    inner join staging.tc_strings as strings on events.tc_string = strings.tc_string
    cross join limits
    where
        events.kind in ('decision', 'replay')
        and strings.is_valid
        and events.event_time >= strings.last_updated + limits.value
)

select
    site,
    jurisdiction,
    'TC string' as item,
    if(min(subject) = max(subject), min(subject), '') as subject,
    '' as rule_case,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as occurrences,
    'last updated ' || strftime(min(last_updated), '%Y-%m-%d') || ', relied on '
    || strftime(arg_min(event_time, last_updated), '%Y-%m-%d') as observed,
    'renewed within ' || min(value)::varchar as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (event_time, partition, "offset"),
        3
    ))::varchar as evidence,
    bool_or(binding) as binding,
    min(citation) as citation,
    event_time::date as "date",
    max(date_diff('second', last_updated, event_time))::double as weight
from stale
group by site, jurisdiction, event_time::date
