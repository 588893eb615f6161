-- quarantine_record: the record in quarantine at one position, one row per topic that has had the name
-- grain: topic, topic_id, partition, offset   owner: data engineering
-- value is personal data: whoever asks for this row shows it to nobody unasked.
select
    topic,
    topic_id,
    partition,
    "offset",
    kafka_timestamp,
    reason,
    octet_length(value) as size,
    value
from raw.quarantine
where topic = $topic and partition = $partition and "offset" = $at
order by kafka_timestamp
