-- tc_disclosed_vendors_missing: a TC string that does not say which vendors were disclosed
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- Only strings made (created or last updated) from the day on that the segment is asked for, on a decision or a replay.
with duties as (
    select
        jurisdiction,
        binding,
        citation || ' [' || evidence || ']' as citation,
        coalesce(effective_from, '0001-01-01'::date) as effective_from
    from policy.duties
    where duty = 'disclosed_vendors'
),

lacking as (
    select
        events.site,
        duties.jurisdiction,
        events.subject,
        events.event_time,
        events.topic,
        events.partition,
        events."offset",
        strings.last_updated,
        duties.effective_from,
        duties.binding,
        duties.citation
    from staging.events as events
    inner join staging.tc_strings as strings on events.tc_string = strings.tc_string
    inner join duties on strings.last_updated >= duties.effective_from
    where
        events.kind in ('decision', 'replay')
        and strings.is_valid
        and not strings.has_disclosed_vendors
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
    'a string of ' || strftime(min(last_updated), '%Y-%m-%d') || ' without the segment, '
    || count(*) || ' in a day' as observed,
    'the segment DisclosedVendors in strings from ' || min(effective_from)::varchar || ' on' as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (event_time, partition, "offset"),
        3
    ))::varchar as evidence,
    bool_or(binding) as binding,
    min(citation) as citation,
    event_time::date as "date",
    count(*)::double as weight
from lacking
group by site, jurisdiction, event_time::date
