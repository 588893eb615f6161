-- events: one row per event that counts: no duplicates, no bots, nobody who asked for restriction of processing
-- grain: event_id   owner: data engineering
-- incremental: event
-- materialized: view
select
    received.topic,
    received.topic_id,
    received.partition,
    received."offset",
    received.event_id,
    received.kind,
    received.event_time,
    received."date",
    received.received_at,
    received.occurred_at,
    received.site,
    received.platform,
    received.region,
    received."language",
    received.subject,
    received.subject_key,
    received.prompt_id,
    received.banner_id,
    received.banner_version,
    received.variant,
    received.layer,
    received.policy_version,
    received.notice_hash,
    received."action",
    received.surface,
    received."method",
    received.set_id,
    category_sets.categories,
    category_sets.has_grant,
    received.decision_ms,
    received.gpc,
    received.tc_string,
    received.storage,
    received.excess,
    received.jurisdiction
from staging.received as received
left join staging.category_sets as category_sets on received.set_id = category_sets.set_id
where not received.is_duplicate and not received.is_bot and not received.is_restricted
