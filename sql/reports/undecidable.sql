-- undecidable: one row per rule, site and jurisdiction about which the data could not tell
-- grain: rule_id, site, jurisdiction, why   owner: compliance
select
    rule_id,
    site,
    jurisdiction,
    why,
    undecidable
from undecidable
order by rule_id, site, jurisdiction, why
limit 200
