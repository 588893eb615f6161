-- experiments: one row per site, banner, category and variant, with its interval and verdict
-- grain: site, banner_id, category, variant   owner: product analytics
select
    site,
    banner_id,
    category,
    variant,
    shown,
    granted,
    opt_in_rate,
    ci_low,
    ci_high,
    baseline,
    lift,
    p_value,
    sample_ratio_p,
    verdict,
    sentence,
    lift_low,
    lift_high,
    guardrails
from experiments
where
    ($site is null or site = $site)
    and ($category is null or category = $category)
order by site, banner_id, category, variant
