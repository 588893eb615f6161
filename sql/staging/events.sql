-- events: one row per event that counts: no duplicates, no bots, nobody who asked for restriction of processing
-- grain: event_id   owner: data engineering
-- incremental: event
-- materialized: view
select
    topic,
    topic_id,
    partition,
    "offset",
    event_id,
    kind,
    event_time,
    "date",
    received_at,
    occurred_at,
    site,
    platform,
    region,
    "language",
    subject,
    prompt_id,
    banner_id,
    banner_version,
    variant,
    layer,
    policy_version,
    notice_hash,
    "action",
    surface,
    "method",
    canonical_categories as categories,
    decision_ms,
    gpc,
    tc_string,
    storage,
    excess,
    jurisdiction
from staging.received
where not is_duplicate and not is_bot and not is_restricted
