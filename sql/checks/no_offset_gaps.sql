-- no_offset_gaps: one row per run of offsets that Kafka deleted before they were read
-- grain: topic_id, partition, first_offset   owner: data engineering
-- checks: marts.meta   severity: ERROR   blocking: no
-- Nothing can bring them back, so the refresh goes on; the loss stays visible here.
select
    topic_id,
    partition,
    first_offset,
    next_offset
from raw.offset_gaps
where cause = 'retention'
