-- quarantine_reasons: one row per reason of the records in quarantine
-- grain: reason   owner: data engineering
-- First and last are by Kafka's time. $reason: the reason, or how it begins (`not_json`, `missing site`); null: any.
-- $since: no record older than this; null: all.
select
    reason,
    count(*) as records,
    min(kafka_timestamp) as first_time,
    arg_min(
        { 'topic': topic, 'partition': partition, 'offset': "offset" },
        (kafka_timestamp, topic, partition, "offset")
    ) as first_position,
    max(kafka_timestamp) as last_time,
    arg_max(
        { 'topic': topic, 'partition': partition, 'offset': "offset" },
        (kafka_timestamp, topic, partition, "offset")
    ) as last_position
from raw.quarantine
where
    ($reason::varchar is null or starts_with(replace(reason, ':', ' ') || ' ', replace($reason, ':', ' ') || ' '))
    and ($since::timestamp is null or kafka_timestamp >= $since)
group by reason
order by records desc, reason asc
