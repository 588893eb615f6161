-- measurement_data_over_25m: records of audience measurement kept for longer than a place allows
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- Case declared: the site says that it keeps them for longer. Case held: prompts, dismissals and reopenings of visitors
-- from there are still here; they serve no proof, only statistics. The day is that of the record.
with limits as (
    select
        in_force.jurisdiction,
        in_force.value,
        in_force.longest_s,
        in_force.binding,
        in_force.citation || ' [' || in_force.evidence || ']' as citation,
        run.as_of
    from staging.limits as in_force
    cross join staging.run as run
    where
        in_force.limit_name = 'measurement_retention'
        and not in_force.is_default
        and in_force.value is not null
),

found as (
    select
        retention.site,
        scope.jurisdiction,
        'declared' as rule_case,
        '' as subject,
        limits.as_of as seen_at,
        null::date as "date",
        'declared: ' || retention.value::varchar as told,
        limits.value,
        limits.binding,
        limits.citation,
        retention.longest_s - limits.longest_s as excess_s,
        0 as place,
        json_object(
            'file', 'policies/sites/' || retention.site || '.yaml', 'line', retention.line, 'row', 0
        ) as evidence
    from policy.retention as retention
    inner join staging.scope as scope on retention.site = scope.site
    inner join limits on scope.jurisdiction = limits.jurisdiction and retention.longest_s > limits.longest_s
    where retention.relation = 'measurement'
    union all
    select
        events.site,
        events.jurisdiction,
        'held' as rule_case,
        events.subject,
        events.event_time as seen_at,
        events."date",
        'still there at ' || strftime(limits.as_of, '%Y-%m-%d %H:%M:%S UTC') as told,
        limits.value,
        limits.binding,
        limits.citation,
        date_diff('second', events.event_time + limits.value, limits.as_of) as excess_s,
        events."offset" as place,
        json_object('topic', events.topic, 'partition', events.partition, 'offset', events."offset") as evidence
    from staging.events as events
    inner join limits on events.jurisdiction = limits.jurisdiction
    where
        events."date" <= (select max((latest.as_of - latest.value)::date) from limits as latest)
        and events.event_time + limits.value < limits.as_of
        and events.kind in ('impression', 'dismissal', 'reopen')
)

select
    site,
    jurisdiction,
    'measurement records' as item,
    if("date" is not null and count(distinct subject) = 1, min(subject), '') as subject,
    rule_case,
    min(seen_at) as first_seen,
    max(seen_at) as last_seen,
    count(*) as occurrences,
    min(told) as observed,
    'at most ' || min(value)::varchar as allowed,
    to_json(arg_min(evidence, (seen_at, place, evidence), 3))::varchar as evidence,
    bool_or(binding) as binding,
    min(citation) as citation,
    "date",
    max(excess_s)::double as weight
from found
group by site, jurisdiction, rule_case, "date"
