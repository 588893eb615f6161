-- events: one row per event that counts: no duplicates, no bots; categories canonical, jurisdiction known
-- grain: event_id   owner: data engineering
-- incremental: event
-- Who asked for restriction of processing is left out. Jurisdiction: the longest match of the region; without a region
-- the site's own; else the organisation's default.
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
    category_sets.categories,
    received.decision_ms,
    received.gpc,
    received.tc_string,
    received.storage,
    received.excess,
    coalesce(
        regions.jurisdiction,
        countries.jurisdiction,
        if(received.region = '', sites.jurisdiction, null),
        'default'
    ) as jurisdiction
from staging.received as received
left join staging.category_sets as category_sets on received.categories = category_sets.sent
left join policy.regions as regions on received.region = regions.region
left join policy.regions as countries on left(received.region, 2) = countries.region
left join policy.sites as sites on received.site = sites.site
where
    not received.is_duplicate
    and not received.is_bot
    and not exists (
        select 1
        from raw.restrictions as restrictions
        where restrictions.site = received.site and restrictions.subject = received.subject
    )
