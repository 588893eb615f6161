-- facts: one row per event that counts, as it is stored: what it shares with others by number
-- grain: event_id   owner: data engineering
-- incremental: event
-- materialized: view
-- No duplicates, no bots, nobody who asked for restriction of processing. staging.events has the same rows with their
-- context and categories spelled out; who only counts does so by number first, and looks up what was counted.
select
    received.topic_id,
    received.partition,
    received."offset",
    received.event_id,
    received.kind,
    received.event_time,
    received."date",
    received.received_at,
    received.site,
    received.subject,
    received.subject_key,
    received.context_id,
    received.set_id,
    received.decision_ms,
    received.gpc,
    received.tc_string,
    received.storage,
    received.excess
from staging.received as received
where not received.is_duplicate and not received.is_bot and not received.is_restricted
