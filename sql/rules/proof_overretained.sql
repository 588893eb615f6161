-- proof_overretained: records of decisions kept for longer after the processing ended than configured
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- The processing a decision proves ends when the next decision replaces it or its validity runs out, whichever is
-- earlier; the day is the one after which the record was to go. The retention is the site's own, else that of its
-- jurisdiction, else the organisation's.
with retentions as (
    select
        seen.site,
        coalesce(sites.jurisdiction, '') as jurisdiction,
        coalesce(sites.proof_retention, limits.value) as retention,
        if(sites.proof_retention is null, limits.binding, false) as binding,
        if(sites.proof_retention is null, limits.citation || ' [' || limits.evidence || ']', null) as citation,
        case
            when sites.proof_retention is not null then ' (the site''s own)'
            when limits.is_default then ' (the organisation''s own default)'
            else ''
        end as source
    from (select distinct decisions.site from staging.decisions as decisions) as seen
    left join policy.sites as sites on seen.site = sites.site
    left join staging.limits as limits
        on
            coalesce(sites.jurisdiction, 'default') = limits.jurisdiction
            and limits.limit_name = 'proof_retention'
),

ended as (
    select
        site,
        subject,
        topic,
        partition,
        "offset",
        least(valid_until, next_decided_at) as ended_at
    from staging.decisions
),

kept as (
    select
        ended.*,
        retentions.jurisdiction,
        retentions.retention,
        retentions.binding,
        retentions.citation,
        retentions.source,
        ended.ended_at + retentions.retention as due_at,
        run.as_of
    from ended
    inner join retentions on ended.site = retentions.site
    cross join staging.run as run
    where ended.ended_at + retentions.retention < run.as_of
)

select
    site,
    jurisdiction,
    'decision records' as item,
    if(count(distinct subject) = 1, min(subject), '') as subject,
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
