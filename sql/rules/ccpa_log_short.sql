-- ccpa_log_short: the log of people's requests declared to be kept for less than a place asks
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- Compared on a start in every month of four years, so that days and months can be told apart only where they differ.
-- A site that serves such a place and does not say how long is counted in the relation undecidable.
with starts as (
    select unnest(generate_series(timestamp '2000-01-01', timestamp '2003-12-01', interval 1 month)) as start
),

short as (
    select
        retention.site,
        scope.jurisdiction,
        retention.value,
        retention.line,
        limits.value as required,
        limits.binding,
        limits.citation || ' [' || limits.evidence || ']' as citation
    from policy.retention as retention
    inner join staging.scope as scope on retention.site = scope.site
    inner join staging.limits as limits
        on
            scope.jurisdiction = limits.jurisdiction
            and limits.limit_name = 'request_log_minimum'
            and not limits.is_default
            and limits.value is not null
    where
        retention.relation = 'requests'
        and (
            select min((starts.start + retention.value) - (starts.start + limits.value))
            from starts
        ) < interval 0 days
)

select
    short.site,
    short.jurisdiction,
    'request log' as item,
    '' as subject,
    '' as rule_case,
    run.as_of as first_seen,
    run.as_of as last_seen,
    1::bigint as occurrences,
    'declared: ' || short.value::varchar as observed,
    'at least ' || short.required::varchar as allowed,
    to_json([
        json_object('file', 'policies/sites/' || short.site || '.yaml', 'line', short.line, 'row', 0)
    ])::varchar as evidence,
    short.binding,
    short.citation,
    null::date as "date",
    0::double as weight
from short
cross join staging.run as run
