-- rates_in_bounds: one row per grain whose counts contradict each other
-- grain: date, site, platform, region, banner_id, banner_version, variant, category   owner: product analytics
-- checks: marts.opt_in_daily   severity: ERROR
select
    "date",
    site,
    platform,
    region,
    banner_id,
    banner_version,
    variant,
    category
from marts.opt_in_daily
where
    granted > asked
    or asked > choices
    or granted + denied <> asked
    or opt_in_rate not between 0 and 1
    or consent_rate not between 0 and 1
