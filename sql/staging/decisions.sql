-- decisions: one row per decision, with its context, its categories and the law behind its validity
-- grain: topic_id, partition, offset   owner: compliance
-- incremental: subject
-- materialized: view
select
    contexts.topic,
    decided.topic_id,
    decided.partition,
    decided."offset",
    decided.site,
    decided.subject,
    decided.subject_key,
    contexts.jurisdiction,
    decided.decided_at,
    decided.next_decided_at,
    contexts."action",
    contexts.surface,
    contexts."method",
    decided.set_id,
    category_sets.categories,
    category_sets.has_grant,
    contexts.banner_version,
    contexts.policy_version,
    decided.is_withdrawal,
    decided.is_change,
    decided.valid_until,
    decided.validity_source,
    coalesce(if(decided.validity_source = 'jurisdiction', limits.binding, false), false) as validity_binding,
    if(decided.validity_source = 'jurisdiction', limits.citation, null) as validity_citation
from staging.decided as decided
inner join staging.contexts as contexts on decided.context_id = contexts.context_id
left join staging.category_sets as category_sets on decided.set_id = category_sets.set_id
left join staging.limits as limits
    on contexts.jurisdiction = limits.jurisdiction and limits.limit_name = 'consent_validity'
