-- dsr_overdue: a person's request that was not closed by the day it was due
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- Still open after that day, or closed after it. The evidence is the request in the log, which names nobody.
with overdue as (
    select
        requests.request_id,
        requests.kind,
        coalesce(requests.site, '') as site,
        requests.received_at,
        requests.due_at,
        if(requests.closed_at <= run.as_of, requests.closed_at, null) as closed_at,
        run.as_of
    from raw.requests as requests
    cross join staging.run as run
    where
        requests.received_at <= run.as_of
        and least(coalesce(requests.closed_at, run.as_of), run.as_of) > requests.due_at
)

select
    overdue.site,
    coalesce(sites.jurisdiction, '') as jurisdiction,
    overdue.kind || ' request ' || overdue.request_id as item,
    '' as subject,
    '' as rule_case,
    overdue.due_at as first_seen,
    coalesce(overdue.closed_at, overdue.as_of) as last_seen,
    1::bigint as occurrences,
    'received ' || strftime(overdue.received_at, '%Y-%m-%d')
    || coalesce(', closed ' || strftime(overdue.closed_at, '%Y-%m-%d'), ', still open') as observed,
    'answered by ' || strftime(overdue.due_at, '%Y-%m-%d %H:%M:%S UTC') as allowed,
    to_json([json_object('request', overdue.request_id)])::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    null::date as "date",
    date_diff('second', overdue.due_at, coalesce(overdue.closed_at, overdue.as_of))::double as weight
from overdue
left join policy.sites as sites on overdue.site = sites.site
