-- change_without_reconsent: a consent relied on after the policy had changed materially
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- Relied on as in consent_expired_relied_on. A consent is as old as the version it was given to, where the policy lists
-- that version, else as its own time. Only where the law asks for a consent first.
with standing as (
    select
        decisions.subject_key,
        decisions.decided_at,
        decisions.categories,
        coalesce(versions.effective_from, decisions.decided_at) as agreed_at
    from staging.decisions as decisions
    left join policy.versions as versions
        on decisions.site = versions.site and decisions.policy_version = versions.policy_version
    where decisions.decided_at is distinct from decisions.next_decided_at
),

material as (
    select
        versions.site,
        versions.policy_version,
        versions.effective_from
    from policy.versions as versions
    inner join staging.run as run on versions.effective_from <= run.as_of
    where versions.material
),

uses as (
    select
        events.site,
        events.subject,
        events.subject_key,
        events.jurisdiction,
        events.event_time,
        'stored consent' as item,
        'replay' as rule_case,
        null::varchar as category,
        events.topic,
        events.partition,
        events."offset"
    from staging.events as events
    where events.kind = 'replay' and events.has_grant
    union all
    select
        site,
        subject,
        subject_key,
        jurisdiction,
        event_time,
        name as item,
        '' as rule_case,
        category,
        topic,
        partition,
        "offset"
    from staging.storage_observed
    where category <> 'necessary'
),

relied as (
    select
        uses.*,
        standing.agreed_at
    from uses
    inner join policy.jurisdictions as jurisdictions
        on uses.jurisdiction = jurisdictions.jurisdiction and jurisdictions.regime = 'opt_in'
    asof inner join standing
        on
            uses.subject_key = standing.subject_key
            and uses.event_time >= standing.decided_at
    where uses.category is null or standing.categories[uses.category]
),

outdated as (
    select
        relied.*,
        material.policy_version,
        material.effective_from
    from relied
    asof inner join material
        on relied.site = material.site and relied.event_time >= material.effective_from
    where material.effective_from > relied.agreed_at
)

select
    site,
    jurisdiction,
    item,
    if(min(subject) = max(subject), min(subject), '') as subject,
    rule_case,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as occurrences,
    'relied on at ' || strftime(min(event_time), '%Y-%m-%d %H:%M:%S UTC') || '; agreed to as of '
    || strftime(arg_min(agreed_at, (event_time, partition, "offset")), '%Y-%m-%d %H:%M:%S UTC') as observed,
    'asked again since version ' || arg_min(policy_version, (event_time, partition, "offset")) || ' of '
    || strftime(arg_min(effective_from, (event_time, partition, "offset")), '%Y-%m-%d %H:%M:%S UTC') as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (event_time, partition, "offset"),
        3
    ))::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    event_time::date as "date",
    max(date_diff('second', effective_from, event_time))::double as weight
from outdated
group by site, jurisdiction, item, rule_case, event_time::date
