-- experiments_told: one row per variant of a banner test, with what it measured
-- grain: site, banner_id, category, variant   owner: product analytics
select
    site,
    banner_id,
    category,
    variant,
    baseline,
    shown,
    granted,
    opt_in_rate,
    ci_low,
    ci_high,
    lift,
    p_value,
    verdict
from experiments
where $site is null or site = $site
order by site, banner_id, category, variant
