-- expiry_forecast: one row per day of the next 90, site, jurisdiction and category: how many grants run out
-- grain: date, site, jurisdiction, category   owner: compliance
-- Only consents that stand (active or outdated); what is necessary needs no consent and never expires.
with grants as (
    select
        site,
        jurisdiction,
        valid_until::date as "date",
        unnest(map_entries(categories::map (varchar, boolean))) as answer
    from marts.consent_current
    where state in ('active', 'outdated')
)

select
    grants."date",
    grants.site,
    grants.jurisdiction,
    grants.answer.key as category,
    count(*) as expiring
from grants
inner join staging.run as run
    on grants."date" >= run.as_of::date and grants."date" < run.as_of::date + 90
where grants.answer.value and grants.answer.key <> 'necessary'
group by all
