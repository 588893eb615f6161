-- events: one row per event that counts and is about to be removed, with how it is to be counted from then on
-- grain: topic_id, partition, offset   owner: compliance
-- Reads the temp table `removed`; the other statements of this folder read this one, as the temp table `gone`.
-- known_at: from which as-of time on it counts: the end of the day on which it was received, since a finer time could
-- name someone; no later than the as-of time at which it goes. hour: only while the hourly relations show it.
select
    events.*,
    if(events."date" > run.as_of::date - 14, date_trunc('hour', events.event_time), null) as "hour",
    least(date_trunc('day', events.received_at - interval 1 microsecond) + interval 1 day, run.as_of) as known_at
from staging.events as events
semi join removed
    on
        events.topic_id = removed.topic_id
        and events.partition = removed.partition
        and events."offset" = removed."offset"
cross join staging.run as run
