-- verify: one row per partition ever read, with the first offset that is not there exactly once
-- grain: topic, topic_id, partition   owner: data engineering
-- Every consumed offset must be covered once: by an event, by a quarantined record, or by a known gap.
-- Offsets are counted 64 at a time, each a bit of one number. Blocks that are whole, and there are hardly any others,
-- are one piece each, so that few pieces need sorting. problem: hole | repeat | outside | offsets | null.
with positions as (
    select
        topic,
        topic_id,
        partition,
        "offset",
        1 as accepted
    from raw.events
    union all
    select
        topic,
        topic_id,
        partition,
        "offset",
        0 as accepted
    from raw.quarantine
),

blocks as (
    select
        topic,
        topic_id,
        partition,
        "offset" >> 6 as block,
        sum(accepted) as accepted,
        count(*) as records,
        count(*) = 64 and bit_count(bit_or(1::ubigint << ("offset" & 63)::ubigint)) = 64 as is_whole
    from positions
    group by all
),

gaps as (
    select
        topic,
        topic_id,
        partition,
        sum(next_offset - first_offset) as offsets
    from raw.offset_gaps
    group by all
),

counts as (
    select
        topic,
        topic_id,
        partition,
        sum(accepted)::bigint as accepted,
        sum(records - accepted)::bigint as quarantined
    from blocks
    group by all
),

consumed as (
    select
        topic,
        topic_id,
        partition,
        min(first_offset) as first_offset,
        max(next_offset) as next_offset,
        count(*) as entries
    from raw.offsets
    group by all
),

partitions as (
    select
        topic,
        topic_id,
        partition,
        coalesce(first_offset, 0) as first_offset,
        coalesce(next_offset, 0) as next_offset,
        coalesce(entries, 0) as entries,
        coalesce(accepted, 0) as accepted,
        coalesce(quarantined, 0) as quarantined,
        coalesce(gaps.offsets, 0)::bigint as gap_offsets
    from consumed
    full join counts using (topic, topic_id, partition)
    full join gaps using (topic, topic_id, partition)
),

broken as (
    select
        topic,
        topic_id,
        partition,
        block
    from blocks
    where not is_whole
),

pieces as (
    select
        topic,
        topic_id,
        partition,
        block * 64 as start,
        block * 64 + 64 as stop
    from blocks
    where is_whole
    union all
    select
        positions.topic,
        positions.topic_id,
        positions.partition,
        positions."offset" as start,
        positions."offset" + 1 as stop
    from positions
    semi join broken
        on
            positions.topic = broken.topic
            and positions.topic_id = broken.topic_id
            and positions.partition = broken.partition
            and positions."offset" >> 6 = broken.block
    union all
    select
        topic,
        topic_id,
        partition,
        first_offset as start,
        next_offset as stop
    from raw.offset_gaps
    where first_offset < next_offset
    union all
    select
        topic,
        topic_id,
        partition,
        next_offset as start,
        next_offset as stop
    from partitions
),

walked as (
    select
        topic,
        topic_id,
        partition,
        start,
        stop,
        max(stop) over (
            partition by topic, topic_id, partition
            order by start, stop
            rows between unbounded preceding and 1 preceding
        ) as reached
    from pieces
),

judged as (
    select
        walked.topic,
        walked.topic_id,
        walked.partition,
        case
            when stop > start and start < first_offset then struct_pack("offset" := start, problem := 'outside')
            when stop > next_offset then struct_pack("offset" := greatest(start, next_offset), problem := 'outside')
            when start > coalesce(reached, first_offset)
                then struct_pack("offset" := coalesce(reached, first_offset), problem := 'hole')
            when stop > start and start < reached then struct_pack("offset" := start, problem := 'repeat')
        end as found
    from walked
    inner join partitions using (topic, topic_id, partition)
),

firsts as (
    select
        topic,
        topic_id,
        partition,
        min(found."offset") as "offset",
        arg_min(found.problem, found."offset") as problem
    from judged
    where found is not null
    group by all
)

select
    topic,
    topic_id,
    partition,
    first_offset,
    next_offset,
    accepted,
    quarantined,
    gap_offsets,
    case when entries > 1 then 'offsets' else firsts.problem end as problem,
    case when entries > 1 then first_offset else firsts."offset" end as problem_offset
from partitions
left join firsts using (topic, topic_id, partition)
order by topic, topic_id, partition
