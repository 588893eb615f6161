-- decided: one row per decision, as it is stored: how long it holds and what it changed
-- grain: topic_id, partition, offset   owner: compliance
-- incremental: subject
-- keeps staging.facts: *, 'decision' as kind, decided_at as event_time, decided_at::date as "date"
-- valid_until is the shorter of the jurisdiction's validity and the site's own, in calendar months; where neither
-- names one, the organisation's default. A withdrawal withdraws, or denies a category that was granted before.
-- is_change: it says something else than the subject's decision before; null for the first.
with made as (
    select
        topic_id,
        partition,
        "offset",
        site,
        subject,
        subject_key,
        event_time as decided_at,
        context_id,
        set_id,
        lead(event_time) over decided as next_decided_at,
        lag(set_id) over decided as previous_set_id,
        count(*) over (partition by subject_key) as decisions_of_subject
    from staging.facts
    where kind = 'decision'
    window decided as (partition by subject_key order by event_time, "offset", partition)
),

entries as (
    select
        made.topic_id,
        made.partition,
        made."offset",
        made.subject_key,
        made.decided_at,
        unnest(map_entries(category_sets.categories)) as entry
    from made
    inner join staging.category_sets as category_sets on made.set_id = category_sets.set_id
    where made.decisions_of_subject > 1
),

changes as (
    select
        topic_id,
        partition,
        "offset",
        not entry.value and lag(entry.value) over (
            partition by subject_key, entry.key order by decided_at, "offset", partition
        ) as is_denied_after_grant
    from entries
),

denials as (
    select distinct
        topic_id,
        partition,
        "offset"
    from changes
    where is_denied_after_grant
),

validity as (
    select
        made.*,
        category_sets.categories <> previous_sets.categories as is_change,
        made.decided_at + if(limits.is_default, null, limits.value) as until_of_jurisdiction,
        made.decided_at + sites.consent_validity as until_of_site,
        made.decided_at + defaults.value as until_of_default,
        contexts."action" = 'withdraw' or denials.topic_id is not null as is_withdrawal
    from made
    inner join staging.contexts as contexts on made.context_id = contexts.context_id
    left join staging.limits as limits
        on contexts.jurisdiction = limits.jurisdiction and limits.limit_name = 'consent_validity'
    left join staging.limits as defaults
        on defaults.jurisdiction = 'default' and defaults.limit_name = 'consent_validity'
    left join policy.sites as sites on made.site = sites.site
    left join staging.category_sets as category_sets on made.set_id = category_sets.set_id
    left join staging.category_sets as previous_sets on made.previous_set_id = previous_sets.set_id
    left join denials
        on
            made.topic_id = denials.topic_id
            and made.partition = denials.partition
            and made."offset" = denials."offset"
)

select
    topic_id,
    partition,
    "offset",
    site,
    subject,
    subject_key,
    decided_at,
    next_decided_at,
    context_id,
    set_id,
    is_withdrawal,
    is_change,
    coalesce(least(until_of_jurisdiction, until_of_site), until_of_default) as valid_until,
    case
        when until_of_jurisdiction is null and until_of_site is null then 'default'
        when until_of_site is null or until_of_jurisdiction <= until_of_site then 'jurisdiction'
        else 'site'
    end as validity_source
from validity
