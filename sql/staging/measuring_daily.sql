-- measuring_daily: one row per day, subject and item of audience measurement: when it would have ended as seen last
-- grain: date, site, subject, name   owner: compliance
-- incremental: subject
-- Only where a place has a cap of its own for such storage, and only what does not end with the session. seen_before
-- and end_before are those of the day on which the subject had it before.
with capped as (
    select limits.jurisdiction
    from staging.limits as limits
    where limits.limit_name = 'storage_lifetime_cap' and not limits.is_default and limits.value is not null
),

measuring as (
    select distinct
        items.site,
        items.name
    from policy.storage_items as items
    inner join policy.purpose_terms as terms
        on
            terms.category = 'performance'
            and regexp_matches(
                lower(items.purpose), '(^|[^a-z0-9])' || replace(terms.term, '*', '[a-z0-9]*') || '($|[^a-z0-9])'
            )
    where items.category = 'necessary'
),

seen_last as (
    select
        seen."date",
        seen.site,
        seen.subject,
        seen.subject_key,
        seen.name,
        min(seen.jurisdiction) as jurisdiction,
        max(seen.event_time) as seen_at,
        arg_max(seen.event_time + to_seconds(seen.lifetime_s), (seen.event_time, seen.partition, seen."offset"))
            as last_end,
        arg_max(seen.topic, (seen.event_time, seen.partition, seen."offset")) as topic,
        arg_max(seen.partition, (seen.event_time, seen.partition, seen."offset")) as partition,
        arg_max(seen."offset", (seen.event_time, seen.partition, seen."offset")) as "offset"
    from staging.storage_observed as seen
    inner join capped on seen.jurisdiction = capped.jurisdiction
    left join measuring on seen.site = measuring.site and seen.name = measuring.name
    where seen.lifetime_s is not null and (seen.category = 'performance' or measuring.name is not null)
    group by seen."date", seen.site, seen.subject, seen.subject_key, seen.name
)

select
    *,
    lag(seen_at) over days as seen_before,
    lag(last_end) over days as end_before
from seen_last
window days as (partition by subject_key, name order by "date")
