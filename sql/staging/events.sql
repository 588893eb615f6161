-- events: one row per event that counts, with its context and its categories
-- grain: event_id   owner: data engineering
-- incremental: event
-- materialized: view
select
    contexts.topic,
    facts.topic_id,
    facts.partition,
    facts."offset",
    facts.event_id,
    facts.kind,
    facts.event_time,
    facts."date",
    facts.received_at,
    facts.site,
    contexts.platform,
    contexts.region,
    facts.subject,
    facts.subject_key,
    contexts.banner_id,
    contexts.banner_version,
    contexts.variant,
    contexts.layer,
    contexts.policy_version,
    contexts.notice_hash,
    contexts."action",
    contexts.surface,
    contexts."method",
    facts.set_id,
    category_sets.categories,
    category_sets.has_grant,
    facts.decision_ms,
    facts.gpc,
    facts.tc_string,
    facts.storage,
    facts.excess,
    contexts.jurisdiction
from staging.facts as facts
inner join staging.contexts as contexts on facts.context_id = contexts.context_id
left join staging.category_sets as category_sets on facts.set_id = category_sets.set_id
