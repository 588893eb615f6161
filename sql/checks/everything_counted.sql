-- everything_counted: one row where a record that came in is in no day of the data quality
-- grain: received   owner: data engineering
-- Of raw.events, so that nothing between there and here can lose one unseen; what landed after this refresh began is
-- for the next. Those removed since are in the counts that were kept; while any wait for a refresh, none is missed.
-- checks: marts.data_quality_daily   severity: ERROR
with counted as (
    select coalesce(sum(accepted), 0) as accepted
    from marts.data_quality_daily
),

kept as (
    select coalesce(sum(accepted), 0) as accepted
    from kept.data_quality
    where known_at is null or known_at <= (select run.as_of from staging.run as run)
),

landed as (
    select count(*) as records
    from raw.events as events
    where events.rowid < (select state.end_row from changed.state as state)
),

later as ( -- two counts of few rows, which is cheaper than one of all that came in time
    select count(*) as records
    from raw.events as events
    where
        events.rowid < (select state.end_row from changed.state as state)
        and events.received_at > (select run.as_of from staging.run as run)
    union all
    select count(*) as records
    from raw.events as events
    where
        events.rowid < (select state.end_row from changed.state as state)
        and events.received_at is null
        and events.kafka_timestamp > (select run.as_of from staging.run as run)
),

arrived as (
    select landed.records - (select sum(later.records) from later) + kept.accepted as received
    from landed
    cross join kept
)

select
    arrived.received,
    counted.accepted
from arrived
cross join counted
where
    arrived.received <> counted.accepted
    and exists (select 1 from changed.state) -- and nothing was removed meanwhile
    and not exists (
        select 1
        from changed.marked as marked
        where not marked.is_taken
    )
