-- everything_counted: one row where a record that came in is in no day of the data quality
-- grain: received   owner: data engineering
-- Those removed since are in the counts that were kept.
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

arrived as (
    select count(*) + (select kept.accepted from kept) as received
    from staging.received
)

select
    arrived.received,
    counted.accepted
from arrived
cross join counted
where arrived.received <> counted.accepted
