-- jurisdictions_daily: one row per day, site and jurisdiction that its visitors came from
-- grain: date, site, jurisdiction   owner: compliance
-- incremental: date
select distinct
    "date",
    site,
    jurisdiction
from staging.events
