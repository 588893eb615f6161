-- finding_subject: one row, whom a finding concerns; only for those who may know, and only into the access log's sight
-- grain: finding_id   owner: compliance
select subject
from findings
where finding_id = $finding_id and subject <> ''
