-- finding_history: one row per event in the life of a finding
-- grain: finding_id, at, event   owner: compliance
-- event: opened | acknowledged | acknowledgement_ended | resolved | reopened. `at` is the as-of time of the refresh
-- that saw it, so that the same as-of gives the same history; of an answer, when it was given, or when it ran out.
with points as (
    select
        as_of,
        row_number() over (order by as_of) as place
    from (
        select refreshes.as_of
        from life.refreshes as refreshes
        inner join staging.run as run on refreshes.as_of < run.as_of
        union
        select run.as_of
        from staging.run as run
    ) as refreshed
),

seen as (
    select
        observed.finding_id,
        observed.as_of
    from life.observed as observed
    inner join staging.run as run on observed.as_of < run.as_of
    union all
    select
        found.finding_id,
        run.as_of
    from staging.findings_now as found
    cross join staging.run as run
),

placed as (
    select
        seen.finding_id,
        seen.as_of,
        points.place,
        lag(points.place) over (partition by seen.finding_id order by points.place) as place_before,
        lead(points.place) over (partition by seen.finding_id order by points.place) as place_after
    from seen
    inner join points on seen.as_of = points.as_of
),

answers as (
    select
        answers.*,
        answers.until + interval 1 day as ends_at,
        lead(answers."at") over (partition by answers.finding_id order by answers."at") as answered_again_at
    from life.answers as answers
    inner join staging.run as run on answers."at" <= run.as_of
),

events as (
    select
        finding_id,
        as_of as "at",
        if(place_before is null, 'opened', 'reopened') as event,
        null::varchar as "by",
        null::date as until,
        null::varchar as why
    from placed
    where place_before is null or place_before < place - 1
    union all
    select
        placed.finding_id,
        points.as_of as "at",
        'resolved' as event,
        null::varchar as "by",
        null::date as until,
        null::varchar as why
    from placed
    inner join points on placed.place + 1 = points.place
    where placed.place_after is null or placed.place_after > placed.place + 1
    union all
    select
        finding_id,
        "at",
        if(until is null, 'acknowledgement_ended', 'acknowledged') as event,
        "by",
        until,
        why
    from answers
    union all
    select
        answers.finding_id,
        answers.ends_at as "at",
        'acknowledgement_ended' as event,
        null::varchar as "by",
        answers.until,
        null::varchar as why
    from answers
    inner join staging.run as run
        on answers.ends_at <= run.as_of and coalesce(answers.ends_at <= answers.answered_again_at, true)
)

select events.*
from events
semi join seen on events.finding_id = seen.finding_id
