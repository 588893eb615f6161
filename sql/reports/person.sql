-- person: one row per site, the consent that stands of one subject; only for those who may look people up
-- grain: site   owner: compliance
select
    site,
    jurisdiction,
    decided_at,
    action,
    method,
    categories,
    banner_version,
    policy_version,
    valid_until,
    state
from consent_current
where subject = $subject
order by site
