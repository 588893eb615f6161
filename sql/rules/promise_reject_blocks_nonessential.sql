-- promise_reject_blocks_nonessential: storage after a Reject that the policy promises to block it
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- The latest decision before the storage was seen is reject_all, whatever categories it names.
with made as (
    select distinct site
    from policy.promises
    where promise = 'reject_blocks_nonessential'
),

standing as (
    select
        subject_key,
        decided_at,
        "action"
    from staging.decisions
    where decided_at is distinct from next_decided_at
),

written as (
    select
        seen.* exclude (jurisdiction),
        coalesce(sites.jurisdiction, '') as jurisdiction,
        standing.decided_at
    from staging.storage_observed as seen
    inner join made on seen.site = made.site
    inner join policy.sites as sites on seen.site = sites.site
    asof inner join standing
        on
            seen.subject_key = standing.subject_key
            and seen.event_time > standing.decided_at
    where seen.category in ('functionality', 'performance', 'marketing') and standing."action" = 'reject_all'
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
    min(category) || ' storage at ' || strftime(min(event_time), '%Y-%m-%d %H:%M:%S UTC') || ', rejected at '
    || strftime(arg_min(decided_at, event_time), '%Y-%m-%d %H:%M:%S UTC') as observed,
    'promised: Reject blocks everything beyond the essential' as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (event_time, partition, "offset"),
        3
    ))::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    event_time::date as "date",
    count(*)::double as weight
from written
group by site, jurisdiction, name, event_time::date
