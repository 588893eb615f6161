-- consent_expired_relied_on: a consent was relied on at or after the end of its validity
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- Relied on: a replay that grants a category beyond the necessary, or storage seen whose category the subject's latest
-- decision granted. The jurisdiction is the one the decision was made in, since its validity is what ran out.
with standing as (
    select
        decisions.*,
        decisions.validity_citation || coalesce(' [' || limits.evidence || ']', '') as cited
    from staging.decisions as decisions
    left join staging.limits as limits
        on
            decisions.jurisdiction = limits.jurisdiction
            and limits.limit_name = 'consent_validity'
            and decisions.validity_source <> 'site'
    where decisions.decided_at is distinct from decisions.next_decided_at
),

replays as (
    select
        events.site,
        events.subject,
        events.subject_key,
        events.event_time as seen_at,
        'stored consent' as item,
        'replay' as rule_case,
        null::varchar as category,
        events.topic,
        events.partition,
        events."offset"
    from staging.events as events
    where events.kind = 'replay' and events.has_grant
),

observed as (
    select
        site,
        subject,
        subject_key,
        event_time as seen_at,
        name as item,
        '' as rule_case,
        category,
        topic,
        partition,
        "offset"
    from staging.storage_observed
    where category <> 'necessary'
),

ended as (
    select
        subject_key,
        min(valid_until) as first_end
    from staging.decisions
    group by subject_key
),

uses as (
    -- before the first end there is nothing to find: this leaves few to match with decisions
    select used.*
    from (
        select * from replays
        union all
        select * from observed
    ) as used
    inner join ended on used.subject_key = ended.subject_key and used.seen_at >= ended.first_end
),

relied as (
    select
        uses.*,
        date_diff('second', standing.valid_until, uses.seen_at) as overrun_s,
        standing.jurisdiction,
        standing.valid_until,
        standing.validity_source,
        standing.validity_binding,
        standing.cited
    from uses
    asof inner join standing
        on
            uses.subject_key = standing.subject_key
            and uses.seen_at >= standing.decided_at
    where
        uses.seen_at >= standing.valid_until
        and (uses.category is null or standing.categories[uses.category])
),

ranked as (
    select
        *,
        (-overrun_s, seen_at, partition, "offset") as place
    from relied
)

select
    site,
    jurisdiction,
    item,
    if(min(subject) = max(subject), min(subject), '') as subject,
    rule_case,
    min(seen_at) as first_seen,
    max(seen_at) as last_seen,
    count(*) as occurrences,
    'relied on at ' || strftime(arg_min(seen_at, place), '%Y-%m-%d %H:%M:%S UTC') as observed,
    'valid until ' || strftime(arg_min(valid_until, place), '%Y-%m-%d %H:%M:%S UTC')
    || case arg_min(validity_source, place)
        when 'jurisdiction' then ' (jurisdiction: ' || jurisdiction || ')'
        when 'site' then ' (the site''s own validity)'
        else ' (the organisation''s own default)'
    end as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (seen_at, partition, "offset"),
        3
    ))::varchar as evidence,
    bool_or(validity_binding) as binding,
    arg_min(cited, place) as citation,
    seen_at::date as "date",
    max(overrun_s)::double as weight
from ranked
group by site, jurisdiction, item, rule_case, seen_at::date
