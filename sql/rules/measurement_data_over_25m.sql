-- measurement_data_over_25m: records of audience measurement kept for longer than a place allows
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- Case declared: the site says that it keeps them for longer. Case held: prompts, dismissals and reopenings of visitors
-- from there are still here; they serve no proof, only statistics. The day is that of the record. Whole days come from
-- their counts; records are looked at only for days that are over in part.
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

days as (
    select
        statistics.*,
        statistics.last_seen + limits.value < limits.as_of as is_over
    from staging.statistics_daily as statistics
    inner join limits
        on
            statistics.jurisdiction = limits.jurisdiction
            and statistics.first_seen + limits.value < limits.as_of
),

in_part as (
    select *
    from days
    where not is_over
),

held as (
    select
        site,
        jurisdiction,
        "date",
        subject,
        first_seen,
        last_seen,
        occurrences,
        evidence
    from days
    where is_over
    union all
    select
        events.site,
        events.jurisdiction,
        events."date",
        if(min(events.subject) = max(events.subject), min(events.subject), '') as subject,
        min(events.event_time) as first_seen,
        max(events.event_time) as last_seen,
        count(*) as occurrences,
        arg_min(
            json_object('topic', events.topic, 'partition', events.partition, 'offset', events."offset"),
            (events.event_time, events."offset", events.partition),
            3
        ) as evidence
    from staging.events as events
    inner join limits on events.jurisdiction = limits.jurisdiction
    semi join in_part
        on
            events.site = in_part.site
            and events.jurisdiction = in_part.jurisdiction
            and events."date" = in_part."date"
    where
        events."date" in ( -- else all events may be read before the join
            select days."date"
            from days
            where not days.is_over
        )
        and events.kind in ('impression', 'dismissal', 'reopen')
        and events.event_time + limits.value < limits.as_of
    group by events.site, events.jurisdiction, events."date"
)

select
    retention.site,
    scope.jurisdiction,
    'measurement records' as item,
    '' as subject,
    'declared' as rule_case,
    limits.as_of as first_seen,
    limits.as_of as last_seen,
    1::bigint as occurrences,
    'declared: ' || retention.value::varchar as observed,
    'at most ' || limits.value::varchar as allowed,
    to_json([json_object(
        'file', 'policies/sites/' || retention.site || '.yaml', 'line', retention.line, 'row', 0
    )])::varchar as evidence,
    limits.binding,
    limits.citation,
    null::date as "date",
    (retention.longest_s - limits.longest_s)::double as weight
from policy.retention as retention
inner join staging.scope as scope on retention.site = scope.site
inner join limits on scope.jurisdiction = limits.jurisdiction and retention.longest_s > limits.longest_s
where retention.relation = 'measurement'
union all
select
    held.site,
    held.jurisdiction,
    'measurement records' as item,
    held.subject,
    'held' as rule_case,
    held.first_seen,
    held.last_seen,
    held.occurrences,
    'still there at ' || strftime(limits.as_of, '%Y-%m-%d %H:%M:%S UTC') as observed,
    'at most ' || limits.value::varchar as allowed,
    to_json(held.evidence)::varchar as evidence,
    limits.binding,
    limits.citation,
    held."date",
    date_diff('second', held.first_seen + limits.value, limits.as_of)::double as weight
from held
inner join limits on held.jurisdiction = limits.jurisdiction
