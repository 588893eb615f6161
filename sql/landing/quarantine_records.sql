-- quarantine_records: one row per record in quarantine, newest first, without its bytes
-- grain: topic, topic_id, partition, offset   owner: data engineering
-- $reason and $since as in quarantine_reasons; $most: at most so many.
select
    topic,
    topic_id,
    partition,
    "offset",
    kafka_timestamp,
    reason,
    octet_length(value) as size
from raw.quarantine
where
    ($reason::varchar is null or starts_with(replace(reason, ':', ' ') || ' ', replace($reason, ':', ' ') || ' '))
    and ($since::timestamp is null or kafka_timestamp >= $since)
order by kafka_timestamp desc, topic asc, topic_id asc, partition asc, "offset" desc
limit $most
