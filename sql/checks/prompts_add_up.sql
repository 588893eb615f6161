-- prompts_add_up: one row per grain whose choices are not the sum of their actions
-- grain: date, site, platform, region, banner_id, banner_version, variant   owner: product analytics
-- checks: marts.prompts_daily   severity: ERROR
-- A withdrawal on the banner is a choice of its own kind, so the actions may sum up to less, never to more.
select
    "date",
    site,
    platform,
    region,
    banner_id,
    banner_version,
    variant
from marts.prompts_daily
where accept_all + reject_all + save > choices or shown < 0
