-- findings: one row per finding: what a rule found, how grave it is and what it rests on
-- grain: finding_id   owner: compliance
-- A hit's own binding and citation (a limit's) go before its rule's; the mark in brackets says how a citation is known:
-- S read in the source, Q seen quoted, K general knowledge.
select
    md5(concat_ws('|', hits.rule_id, hits.site, hits.jurisdiction, hits.item, hits.rule_case)) as finding_id,
    hits.rule_id,
    if(coalesce(hits.binding, cases.binding, catalogue.binding), 'violation', 'guideline_exceedance') as kind,
    coalesce(cases.severity, catalogue.severity) as severity,
    hits.jurisdiction,
    hits.site,
    hits.subject,
    hits.item,
    hits.first_seen,
    hits.last_seen,
    hits.occurrences,
    hits.observed,
    hits.allowed,
    hits.evidence,
    coalesce(
        hits.citation,
        cases.citation || ' [' || cases.evidence || ']',
        catalogue.citation || ' [' || catalogue.evidence || ']'
    ) as citation,
    'open' as status
from rules.hits as hits
inner join policy.rules as catalogue on hits.rule_id = catalogue.rule_id and catalogue.rule_case = ''
left join policy.rules as cases
    on hits.rule_id = cases.rule_id and hits.rule_case = cases.rule_case and cases.rule_case <> ''
