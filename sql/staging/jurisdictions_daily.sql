-- jurisdictions_daily: one row per day, site and jurisdiction that its visitors came from
-- grain: date, site, jurisdiction   owner: compliance
-- incremental: date
with seen as (
    select distinct
        "date",
        site,
        context_id
    from staging.facts
)

select distinct
    seen."date",
    seen.site,
    contexts.jurisdiction
from seen
inner join staging.contexts as contexts on seen.context_id = contexts.context_id
