-- strangers: one row per decision among sealed offsets that was not there when they were sealed
-- grain: topic_id, partition, offset   owner: compliance
-- What a replay brought out of quarantine is no stranger: it is sealed with the next refresh.
with replays as (
    select
        topic_id,
        partition,
        "offset"
    from raw.replays
    where outcome = 'accepted'
)

select
    decisions.site,
    coalesce(decisions.received_at, decisions.kafka_timestamp)::date as "day",
    decisions.topic_id,
    decisions.partition,
    decisions."offset"
from raw.events as decisions
inner join proof.sealed as sealed
    on
        decisions.topic_id = sealed.topic_id
        and decisions.partition = sealed.partition
        and decisions."offset" < sealed.next_offset
anti join proof.leaves as leaves
    on
        decisions.topic_id = leaves.topic_id
        and decisions.partition = leaves.partition
        and decisions."offset" = leaves."offset"
anti join replays
    on
        decisions.topic_id = replays.topic_id
        and decisions.partition = replays.partition
        and decisions."offset" = replays."offset"
where decisions.kind = 'decision'
order by decisions.site, "day", decisions.topic_id, decisions.partition, decisions."offset"
limit 1
