-- expiry_forecast: one row per day of the next 90, site, jurisdiction and category: how many grants run out
-- grain: date, site, jurisdiction, category   owner: compliance
-- Only consents that stand (active or outdated); what is necessary needs no consent and never expires.
with ending as (
    select
        current.site,
        current.jurisdiction,
        current.valid_until::date as "date",
        current.categories,
        count(*) as consents
    from marts.consent_current as current
    cross join staging.run as run
    where
        current.state in ('active', 'outdated')
        and current.valid_until >= run.as_of::date
        and current.valid_until < run.as_of::date + 90
    group by all
),

grants as (
    select
        "date",
        site,
        jurisdiction,
        consents,
        unnest(map_entries(categories::map (varchar, boolean))) as answer
    from ending
)

select
    "date",
    site,
    jurisdiction,
    answer.key as category,
    sum(consents)::bigint as expiring
from grants
where answer.value and answer.key <> 'necessary'
group by all
