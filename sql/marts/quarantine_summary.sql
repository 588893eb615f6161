-- quarantine_summary: one row per day and reason of the records set aside
-- grain: date, reason   owner: data engineering
select
    quarantine.kafka_timestamp::date as "date",
    quarantine.reason,
    count(*) as records,
    min(quarantine."offset") as first_offset,
    max(quarantine."offset") as last_offset
from raw.quarantine as quarantine
inner join staging.run as run on quarantine.kafka_timestamp <= run.as_of
group by all
