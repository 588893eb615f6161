-- gpc_ignored: marketing granted or stored although the browser had opted out
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- From the first event on that carries the signal, marketing needs an explicit grant made while the signal was on: it
-- overrides the signal. Found are decisions that no one made explicitly, stored consents relied on (case replay) and
-- storage of marketing (case storage). Only where the signal binds, and from the day it does.
with duties as (
    select
        jurisdiction,
        binding,
        citation || ' [' || evidence || ']' as citation,
        coalesce(effective_from, '0001-01-01'::date) as effective_from
    from policy.duties
    where duty = 'honour_gpc'
),

overrides as (
    select
        decisions.subject_key,
        decisions.decided_at,
        decisions."method" = 'explicit'
        and coalesce(decisions.categories['marketing'], false)
        and decisions.decided_at >= signals.first_at as is_override
    from staging.decisions as decisions
    inner join staging.gpc_signals as signals
        on decisions.subject_key = signals.subject_key
    where decisions.decided_at is distinct from decisions.next_decided_at
),

uses as (
    select
        events.site,
        events.subject,
        events.subject_key,
        events.jurisdiction,
        events.event_time,
        'stored consent' as item,
        if(events.kind = 'replay', 'replay', '') as rule_case,
        events.topic,
        events.partition,
        events."offset"
    from staging.events as events
    where events.kind in ('decision', 'replay') and events.categories['marketing']
    union all
    select
        site,
        subject,
        subject_key,
        jurisdiction,
        event_time,
        name as item,
        'storage' as rule_case,
        topic,
        partition,
        "offset"
    from staging.storage_observed
    where category = 'marketing'
),

signalled as (
    select
        uses.*,
        signals.first_at,
        duties.binding,
        duties.citation
    from uses
    inner join staging.gpc_signals as signals
        on uses.subject_key = signals.subject_key and uses.event_time >= signals.first_at
    inner join duties
        on uses.jurisdiction = duties.jurisdiction and uses.event_time >= duties.effective_from
),

ignored as (
    select signalled.*
    from signalled
    asof left join overrides
        on
            signalled.subject_key = overrides.subject_key
            and signalled.event_time >= overrides.decided_at
    where not coalesce(overrides.is_override, false)
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
    'marketing at ' || strftime(min(event_time), '%Y-%m-%d %H:%M:%S UTC') || ', opted out by the browser since '
    || strftime(min(first_at), '%Y-%m-%d %H:%M:%S UTC') as observed,
    'no marketing without an explicit choice against the signal' as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (event_time, partition, "offset"),
        3
    ))::varchar as evidence,
    bool_or(binding) as binding,
    min(citation) as citation,
    event_time::date as "date",
    count(*)::double as weight
from ignored
group by site, jurisdiction, item, rule_case, event_time::date
