-- replay_chunks: one row per run of quarantined records that are decoded again together
-- grain: topic, topic_id, partition, first_offset   owner: data engineering
-- A run ends after $rows records or about $bytes bytes, and lies within one partition.
-- $reason as in quarantine_reasons.
with records as (
    select
        topic,
        topic_id,
        partition,
        "offset",
        coalesce(octet_length(value), 0) as size
    from raw.quarantine
    where
        (value is not null or key is not null or starts_with(reason, 'empty'))
        and (
            $reason::varchar is null
            or starts_with(replace(reason, ':', ' ') || ' ', replace($reason, ':', ' ') || ' ')
        )
),

numbered as (
    select
        topic,
        topic_id,
        partition,
        "offset",
        (row_number() over earlier - 1) // $rows as by_rows,
        sum(size) over earlier // $bytes as by_bytes
    from records
    window earlier as (
        partition by topic, topic_id, partition
        order by "offset"
        rows between unbounded preceding and current row
    )
)

select
    topic,
    topic_id,
    partition,
    min("offset") as first_offset,
    max("offset") as last_offset
from numbered
group by topic, topic_id, partition, by_rows, by_bytes
order by topic, topic_id, partition, first_offset
