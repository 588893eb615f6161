-- promise_preference_suppresses_banner: the banner again, while the policy promises that a known answer suppresses it
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- Any decision is an answer. A material version of the policy in between lets the site ask again; what it promises is
-- about what it asked.
with made as (
    select
        site,
        min(period) as period
    from policy.promises
    where promise = 'preference_suppresses_banner'
    group by site
),

standing as (
    select
        subject_key,
        decided_at
    from staging.decisions
    where decided_at is distinct from next_decided_at
),

prompts as (
    select
        events.site,
        coalesce(sites.jurisdiction, '') as jurisdiction,
        events.subject,
        events.subject_key,
        events.banner_id as item,
        events.event_time,
        events.topic,
        events.partition,
        events."offset",
        standing.decided_at,
        made.period
    from staging.events as events
    inner join made on events.site = made.site
    inner join policy.sites as sites on events.site = sites.site
    asof inner join standing
        on
            events.subject_key = standing.subject_key
            and events.event_time > standing.decided_at
    where events.kind = 'impression'
),

again as (
    select prompts.*
    from prompts
    where
        prompts.event_time < prompts.decided_at + prompts.period
        and not exists (
            select 1
            from policy.versions as versions
            where
                versions.site = prompts.site
                and versions.material
                and versions.effective_from > prompts.decided_at
                and versions.effective_from <= prompts.event_time
        )
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
    'shown again '
    || floor(min(date_diff('second', decided_at, event_time)) / 86400)::bigint || ' days after an answer' as observed,
    'promised: not for ' || min(period)::varchar as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (event_time, partition, "offset"),
        3
    ))::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    event_time::date as "date",
    -min(date_diff('second', decided_at, event_time))::double as weight
from again
group by site, jurisdiction, item, event_time::date
