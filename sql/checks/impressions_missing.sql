-- impressions_missing: one row per day and site with more choices than prompts shown
-- grain: date, site   owner: product analytics
-- checks: marts.data_quality_daily   severity: WARN
select
    "date",
    site
from marts.data_quality_daily
where impressions_missing
