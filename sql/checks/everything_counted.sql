-- everything_counted: one row where a record that came in is in no day of the data quality
-- grain: received   owner: data engineering
-- checks: marts.data_quality_daily   severity: ERROR
with counted as (
    select coalesce(sum(accepted), 0) as accepted
    from marts.data_quality_daily
),

arrived as (
    select count(*) as received
    from staging.received
)

select
    arrived.received,
    counted.accepted
from arrived
cross join counted
where arrived.received <> counted.accepted
