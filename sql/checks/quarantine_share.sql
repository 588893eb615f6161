-- quarantine_share: the last seven days where more than one record in a hundred was set aside
-- grain: quarantined   owner: data engineering
-- checks: marts.data_quality_daily   severity: WARN
with week as (
    select
        sum(quality.quarantined) as quarantined,
        sum(quality.received) as received
    from marts.data_quality_daily as quality
    inner join staging.run as run on quality."date" > run.as_of::date - 7
)

select
    quarantined,
    received
from week
where quarantined > received / 100
