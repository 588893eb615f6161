-- expiry_what_if: one row per period, site, jurisdiction and category: grants that run out, as it is and as it would be
-- grain: date, site, jurisdiction, category   owner: compliance
-- Under the validity of $jurisdiction, or of $validity_months calendar months; without either, as it is. A site's own
-- shorter validity stays. Periods are days, weeks or months ($by) of the next $days days; what is over already has no
-- date. A withdrawn consent and what is necessary never expire.
with validity as (
    select
        meta.as_of,
        coalesce(
            to_months($validity_months::integer),
            (
                select any_value(limits.value)
                from limits
                where limits.jurisdiction = $jurisdiction and limits.limit_name = 'consent_validity'
            )
        ) as value
    from meta
),

consents as (
    select
        current.site,
        current.jurisdiction,
        current.categories,
        current.valid_until,
        validity.as_of,
        case
            when validity.value is null then current.valid_until
            when current.validity_source = 'site' then least(current.decided_at + validity.value, current.valid_until)
            else current.decided_at + validity.value
        end as would_end
    from consent_current as current
    cross join validity
    where current.state <> 'withdrawn' and ($site is null or current.site = $site)
),

grants as (
    select
        site,
        jurisdiction,
        as_of,
        valid_until,
        would_end,
        unnest(map_entries(categories::map (varchar, boolean))) as answer
    from consents
),

ends as (
    select
        site,
        jurisdiction,
        as_of,
        answer.key as category,
        unnest([
            struct_pack(ends_at := valid_until, now := 1, would := 0),
            struct_pack(ends_at := would_end, now := 0, would := 1)
        ]) as ending
    from grants
    where answer.value and answer.key <> 'necessary'
)

select
    if(ending.ends_at <= as_of, null, date_trunc($by, ending.ends_at)::date) as "date",
    site,
    jurisdiction,
    category,
    sum(ending.now)::bigint as expiring,
    sum(ending.would)::bigint as would_expire
from ends
where ending.ends_at < as_of::date + $days::integer
group by all
order by "date" nulls first, site, jurisdiction, category
