-- replay_batch: one row per quarantined record of one run, as the decoder reads records
-- grain: topic, topic_id, partition, offset   owner: data engineering
-- What an erasure emptied is left alone: it keeps its reason.
select
    topic,
    topic_id::varchar as topic_id,
    partition,
    "offset",
    epoch_ms(kafka_timestamp) as timestamp_ms,
    key,
    value,
    reason
from raw.quarantine
where
    topic = $topic
    and topic_id = $topic_id
    and partition = $partition
    and "offset" between $first_offset and $last_offset
    and (value is not null or key is not null or starts_with(reason, 'empty'))
    and ($reason::varchar is null or starts_with(replace(reason, ':', ' ') || ' ', replace($reason, ':', ' ') || ' '))
