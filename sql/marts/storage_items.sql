-- storage_items: one row per row of a site's declared storage, in the order of the document
-- grain: site, row_no   owner: compliance
select
    site,
    row_no,
    line,
    name,
    type,
    domain,
    provider,
    party,
    category,
    lifetime,
    lifetime_kind,
    lifetime_longest_s,
    purpose
from policy.storage_items
