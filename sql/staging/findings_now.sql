-- findings_now: one row per finding that the rules make as of now, how grave it is and what it rests on
-- grain: finding_id   owner: compliance
-- A finding folds the days of its rule's hits: it shows the worst of them (the greatest weight, then the earliest day)
-- and the evidence of the earliest. A hit's own binding and citation (a limit's) go before its rule's; the mark in
-- brackets says how a citation is known: S read in the source, Q seen quoted, K general knowledge.
with days as (
    select
        *,
        (-weight, coalesce("date", '0001-01-01'::date)) as place
    from rules.hits
),

folded as (
    select
        rule_id,
        site,
        jurisdiction,
        item,
        rule_case,
        if(
            min(subject) filter ("date" is not null) = max(subject) filter ("date" is not null),
            min(subject) filter ("date" is not null),
            ''
        ) as subject,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen,
        sum(occurrences)::bigint as occurrences,
        arg_min(observed, place) as observed,
        arg_min(allowed, place) as allowed,
        to_json(flatten(list(from_json(evidence, '["JSON"]') order by "date" nulls first))[1:3])::varchar as evidence,
        bool_or(binding) as binding,
        arg_min(citation, place) as citation
    from days
    group by rule_id, site, jurisdiction, item, rule_case
)

select
    md5(concat_ws('|', folded.rule_id, folded.site, folded.jurisdiction, folded.item, folded.rule_case)) as finding_id,
    folded.rule_id,
    if(coalesce(folded.binding, cases.binding, catalogue.binding), 'violation', 'guideline_exceedance') as kind,
    coalesce(cases.severity, catalogue.severity) as severity,
    folded.jurisdiction,
    folded.site,
    folded.subject,
    folded.item,
    folded.first_seen,
    folded.last_seen,
    folded.occurrences,
    folded.observed,
    folded.allowed,
    folded.evidence,
    coalesce(
        folded.citation,
        cases.citation || ' [' || cases.evidence || ']',
        catalogue.citation || ' [' || catalogue.evidence || ']'
    ) as citation,
    folded.rule_case,
    coalesce(cases.evidence, catalogue.evidence) as evidence_mark
from folded
inner join policy.rules as catalogue on folded.rule_id = catalogue.rule_id and catalogue.rule_case = ''
left join policy.rules as cases
    on folded.rule_id = cases.rule_id and folded.rule_case = cases.rule_case and cases.rule_case <> ''
