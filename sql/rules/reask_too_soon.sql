-- reask_too_soon: the banner put before someone who had refused, sooner than allowed
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- A refusal is reject_all, or a decision that denies every category beyond the necessary; it has to be the latest
-- decision before the prompt. Allowed at the floor's last moment, and after a material version of the policy took
-- effect in between. Someone whose state was lost has another subject, and is not seen here. Only jurisdictions that
-- name a floor count, the visitor's at the time of the prompt. A case is told apart where rules.yaml has one.
with standing as (
    select
        decisions.subject_key,
        decisions.decided_at,
        decisions.action = 'reject_all'
        or (
            len(list_filter(map_entries(decisions.categories), lambda entry: entry.key <> 'necessary')) > 0
            and len(list_filter(
                map_entries(decisions.categories), lambda entry: entry.key <> 'necessary' and entry.value
            )) = 0
        ) as is_refusal
    from staging.decisions as decisions
    where decisions.decided_at is distinct from decisions.next_decided_at
),

floors as (
    select
        limits.jurisdiction,
        limits.value,
        limits.binding,
        limits.citation || ' [' || limits.evidence || ']' as citation,
        coalesce(cases.rule_case, '') as rule_case
    from staging.limits as limits
    left join policy.rules as cases
        on
            cases.rule_id = 'reask_too_soon'
            and replace(lower(limits.jurisdiction), '-', '_') = cases.rule_case
    where limits.limit_name = 'reask_floor' and limits.value is not null
),

refusals as (
    select
        subject_key,
        min(decided_at) as first_refusal
    from standing
    where is_refusal
    group by subject_key
),

prompts as (
    select
        events.site,
        events.subject,
        events.subject_key,
        events.jurisdiction,
        events.banner_id,
        events.event_time,
        events.topic,
        events.partition,
        events."offset",
        standing.decided_at,
        standing.is_refusal
    from staging.events as events
    inner join refusals
        on events.subject_key = refusals.subject_key and events.event_time > refusals.first_refusal
    asof inner join standing
        on
            events.subject_key = standing.subject_key
            and events.event_time > standing.decided_at
    where events.kind = 'impression'
),

early as (
    select
        prompts.*,
        floors.value,
        floors.binding,
        floors.citation,
        floors.rule_case
    from prompts
    inner join floors on prompts.jurisdiction = floors.jurisdiction
    where
        prompts.is_refusal
        and prompts.event_time < prompts.decided_at + floors.value
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
    banner_id as item,
    if(min(subject) = max(subject), min(subject), '') as subject,
    rule_case,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as occurrences,
    'asked again '
    || floor(min(date_diff('second', decided_at, event_time)) / 86400)::bigint || ' days after a refusal' as observed,
    'not before ' || min(value)::varchar || ' after a refusal' as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (event_time, partition, "offset"),
        3
    ))::varchar as evidence,
    bool_or(binding) as binding,
    min(citation) as citation,
    event_time::date as "date",
    -min(date_diff('second', decided_at, event_time))::double as weight
from early
group by site, jurisdiction, banner_id, rule_case, event_time::date
