-- proof_overretained: records of decisions kept for longer after the processing ended than configured
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- The processing a decision proves ends when the next decision replaces it or its validity runs out, whichever is
-- earlier; the day is the one after which the record was to go. The retention is the site's own, else that of its
-- jurisdiction, else the organisation's.
with retentions as (
    select
        limits.jurisdiction,
        limits.value,
        limits.binding,
        limits.citation || ' [' || limits.evidence || ']' as citation,
        limits.is_default
    from staging.limits as limits
    where limits.limit_name = 'proof_retention'
),

latest as ( -- a decision made later cannot be due; three days more, since months differ in length
    select
        run.as_of + interval 3 days - least(
            (select min(retentions.value) from retentions),
            (select min(sites.proof_retention) from policy.sites as sites)
        ) as decided_at
    from staging.run as run
),

ended as (
    select
        decisions.site,
        decisions.subject,
        decisions.topic,
        decisions.partition,
        decisions."offset",
        least(decisions.valid_until, decisions.next_decided_at) as ended_at
    from staging.decisions as decisions
    where decisions.decided_at < (select latest.decided_at from latest)
),

kept as (
    select
        ended.*,
        coalesce(sites.jurisdiction, '') as jurisdiction,
        coalesce(sites.proof_retention, retentions.value) as retention,
        if(sites.proof_retention is null, retentions.binding, false) as binding,
        if(sites.proof_retention is null, retentions.citation, null) as citation,
        case
            when sites.proof_retention is not null then ' (the site''s own)'
            when retentions.is_default then ' (the organisation''s own default)'
            else ''
        end as source,
        ended.ended_at + coalesce(sites.proof_retention, retentions.value) as due_at,
        run.as_of
    from ended
    left join policy.sites as sites on ended.site = sites.site
    left join retentions on coalesce(sites.jurisdiction, 'default') = retentions.jurisdiction
    cross join staging.run as run
    where due_at < run.as_of
)

select
    site,
    jurisdiction,
    'decision records' as item,
    if(min(subject) = max(subject), min(subject), '') as subject,
    '' as rule_case,
    min(due_at) as first_seen,
    max(as_of) as last_seen,
    count(*) as occurrences,
    'still there at ' || strftime(max(as_of), '%Y-%m-%d %H:%M:%S UTC') || '; the processing ended '
    || strftime(min(ended_at), '%Y-%m-%d') as observed,
    'at most ' || min(retention)::varchar || ' after the processing ended' || min(source) as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (ended_at, partition, "offset"),
        3
    ))::varchar as evidence,
    bool_or(binding) as binding,
    min(citation) as citation,
    due_at::date as "date",
    date_diff('second', min(due_at), max(as_of))::double as weight
from kept
group by site, jurisdiction, due_at::date
