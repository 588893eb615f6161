-- replays: one row per attempt to decode the record of one position again
-- grain: topic_id, partition, offset, replayed_at   owner: data engineering
select
    topic_id,
    replayed_at,
    outcome,
    reason_before,
    reason_after,
    product_version
from raw.replays
where topic = $topic and partition = $partition and "offset" = $at
order by replayed_at
