-- findings: one row per finding that was ever made: what a rule found, how grave it is, what it rests on, how it stands
-- grain: finding_id   owner: compliance
-- status: open | acknowledged | reopened | resolved. One that is no longer found stays, as it was last seen. first_seen
-- never moves to later, also where the earliest evidence has been erased or purged since.
with life as (
    select
        finding_id,
        arg_max(event, "at") filter (event in ('opened', 'resolved', 'reopened')) as state,
        max("at") filter (event in ('opened', 'reopened')) as opened_at,
        max("at") filter (event = 'resolved') as resolved_at,
        arg_max(
            { 'event': event, 'at': "at", 'by': "by", 'until': until, 'why': why },
            ("at", event)
        ) filter (event in ('acknowledged', 'acknowledgement_ended')) as answer
    from marts.finding_history
    group by finding_id
),

before as (
    select
        past.finding_id,
        min(past.first_seen) as first_seen,
        arg_max(past, past.as_of) as latest
    from life.observed as past
    inner join staging.run as run on past.as_of < run.as_of
    group by past.finding_id
),

known as (
    select
        finding_id,
        rule_id,
        kind,
        severity,
        jurisdiction,
        site,
        subject,
        item,
        first_seen,
        last_seen,
        occurrences,
        observed,
        allowed,
        evidence,
        citation,
        rule_case,
        evidence_mark
    from staging.findings_now
    union all
    select
        before.finding_id,
        before.latest.rule_id,
        before.latest.kind,
        before.latest.severity,
        before.latest.jurisdiction,
        before.latest.site,
        '' as subject,
        before.latest.item,
        before.latest.first_seen,
        before.latest.last_seen,
        before.latest.occurrences,
        before.latest.observed,
        before.latest.allowed,
        before.latest.evidence,
        before.latest.citation,
        before.latest.rule_case,
        before.latest.evidence_mark
    from before
    anti join staging.findings_now as found on before.finding_id = found.finding_id
),

judged as (
    select
        known.*,
        least(known.first_seen, before.first_seen) as ever_first_seen,
        life.state,
        if(life.state = 'resolved', life.resolved_at, null) as resolved_at,
        if(
            life.state <> 'resolved' and life.answer.event = 'acknowledged' and life.answer."at" >= life.opened_at,
            life.answer,
            null
        ) as answer
    from known
    inner join life on known.finding_id = life.finding_id
    left join before on known.finding_id = before.finding_id
)

select
    finding_id,
    rule_id,
    kind,
    severity,
    jurisdiction,
    site,
    subject,
    item,
    ever_first_seen as first_seen,
    last_seen,
    occurrences,
    observed,
    allowed,
    evidence,
    citation,
    case when answer is not null then 'acknowledged' when state = 'opened' then 'open' else state end as status,
    rule_case,
    evidence_mark,
    answer."by" as acknowledged_by,
    answer.until as acknowledged_until,
    answer.why as acknowledged_why,
    resolved_at
from judged
