-- storage_after_refusal_or_withdrawal: storage of a category that the subject's latest decision denies
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- Storage seen at the very moment of the decision is not counted: the banner had no time to act on it.
with standing as (
    select
        subject_key,
        decided_at,
        categories
    from staging.decisions
    where decided_at is distinct from next_decided_at
),

denied as (
    select
        observed.*,
        standing.decided_at,
        (
            date_diff('second', observed.event_time, standing.decided_at),
            observed.event_time,
            observed.partition,
            observed."offset"
        ) as place
    from staging.storage_observed as observed
    asof inner join standing
        on
            observed.subject_key = standing.subject_key
            and observed.event_time > standing.decided_at
    where observed.category <> 'necessary' and standing.categories[observed.category] = false
)

select
    denied.site,
    coalesce(sites.jurisdiction, '') as jurisdiction,
    denied.name as item,
    if(min(denied.subject) = max(denied.subject), min(denied.subject), '') as subject,
    '' as rule_case,
    min(denied.event_time) as first_seen,
    max(denied.event_time) as last_seen,
    count(*) as occurrences,
    arg_min(denied.category, denied.place) || ' storage seen at '
    || strftime(arg_min(denied.event_time, denied.place), '%Y-%m-%d %H:%M:%S UTC')
    || ', denied at ' || strftime(arg_min(denied.decided_at, denied.place), '%Y-%m-%d %H:%M:%S UTC') as observed,
    'no storage of a denied category' as allowed,
    to_json(arg_min(
        json_object('topic', denied.topic, 'partition', denied.partition, 'offset', denied."offset"),
        (denied.event_time, denied.partition, denied."offset"),
        3
    ))::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    denied.event_time::date as "date",
    max(date_diff('second', denied.decided_at, denied.event_time))::double as weight
from denied
left join policy.sites as sites on denied.site = sites.site
group by denied.site, sites.jurisdiction, denied.name, denied.event_time::date
