-- promise_processors_protected: a processor beyond the EEA, without a safeguard, where the policy promises protection
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- Only one that is declared so. Where country or safeguard is not told, or no processor is, that is counted in the
-- relation undecidable.
select
    processors.site,
    coalesce(sites.jurisdiction, '') as jurisdiction,
    processors.name as item,
    '' as subject,
    '' as rule_case,
    run.as_of as first_seen,
    run.as_of as last_seen,
    1::bigint as occurrences,
    'declared: in ' || processors.country || ', without a safeguard' as observed,
    'promised: in the EEA, or adequately protected' as allowed,
    to_json([
        json_object(
            'file', 'policies/sites/' || processors.site || '.yaml', 'line', processors.line, 'row', processors.row_no
        )
    ])::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    null::date as "date",
    0::double as weight
from staging.processors as processors
inner join policy.sites as sites on processors.site = sites.site
cross join staging.run as run
where
    not processors.is_protected
    and processors.site in (
        select promises.site
        from policy.promises as promises
        where promises.promise = 'processors_protected'
    )
