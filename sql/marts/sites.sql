-- sites: one row per site that policies/sites describes
-- grain: site   owner: compliance
select
    site,
    name,
    controller,
    contact,
    jurisdiction
from policy.sites
