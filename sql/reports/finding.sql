-- finding: one finding, without the person it may concern
-- grain: finding_id   owner: compliance
-- A subject's id never leaves the snapshot: a flag says that there is one, and free text that holds it is cut.
-- Nothing is joined: planning a join takes longer than finding the row. What its rule says is asked apart, and kept.
select
    finding_id,
    rule_id,
    rule_case,
    kind,
    severity,
    jurisdiction,
    site,
    subject <> '' as concerns_one_person,
    replace(item, subject, '…') as item,
    first_seen,
    last_seen,
    occurrences,
    replace(observed, subject, '…') as observed,
    replace(allowed, subject, '…') as allowed,
    replace(evidence, subject, '…') as evidence,
    citation,
    status
from findings
where finding_id = $finding_id
