-- unsealed: one row per partition with offsets that have landed since the last sealing
-- grain: topic_id, partition   owner: compliance
select
    offsets.topic_id,
    offsets.partition,
    coalesce(sealed.next_offset, min(offsets.first_offset)) as first_offset,
    max(offsets.next_offset) as next_offset
from raw.offsets as offsets
left join proof.sealed as sealed on offsets.topic_id = sealed.topic_id and offsets.partition = sealed.partition
group by offsets.topic_id, offsets.partition, sealed.next_offset
having max(offsets.next_offset) > coalesce(sealed.next_offset, min(offsets.first_offset))
order by offsets.topic_id, offsets.partition
