-- contexts: one row per distinct set of facts about site, banner and policy that events came with
-- grain: context_id   owner: data engineering
-- incremental: new
-- Thousands of events share one: an event carries context_id instead of thirteen strings. What is not known is ''.
-- Jurisdiction: the longest match of the region; without a region the site's own; else the organisation's default.
with seen as (
    select distinct
        topic,
        site,
        platform,
        region,
        banner_id,
        banner_version,
        banner_variant,
        banner_layer,
        policy_version,
        notice_hash,
        "action",
        surface,
        "method"
    from raw.events
),

numbered as (
    select
        *,
        hash(
            topic, site, platform, region, banner_id, banner_version, banner_variant, banner_layer, policy_version,
            notice_hash, "action", surface, "method"
        ) as context_id
    from seen
    qualify row_number() over (partition by context_id order by topic, site, platform, region, banner_id) = 1
)

select
    numbered.context_id,
    numbered.topic,
    numbered.platform,
    coalesce(numbered.region, '') as region,
    coalesce(numbered.banner_id, '') as banner_id,
    coalesce(numbered.banner_version, '') as banner_version,
    coalesce(numbered.banner_variant, '') as variant,
    coalesce(numbered.banner_layer, '') as layer,
    coalesce(numbered.policy_version, '') as policy_version,
    coalesce(numbered.notice_hash, '') as notice_hash,
    coalesce(numbered."action", '') as "action",
    numbered.surface,
    numbered."method",
    coalesce(
        regions.jurisdiction,
        countries.jurisdiction,
        if(numbered.region is null, sites.jurisdiction, null),
        'default'
    ) as jurisdiction
from numbered
left join policy.regions as regions on numbered.region = regions.region
left join policy.regions as countries on left(numbered.region, 2) = countries.region
left join policy.sites as sites on numbered.site = sites.site
