-- lifetime_sliding: audience measurement whose end moves on with every visit
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- The end is the time seen plus the lifetime left. It moved where, before it was reached and without a decision in
-- between, it is seen more than a day later than before: clocks and whole days left account for less. Only in places
-- with a cap of their own for such storage (France), since only there can it do without consent.
with moved as (
    select
        seen.*,
        limits.value,
        limits.binding,
        limits.citation || ' [' || limits.evidence || ']' as citation
    from staging.measuring_daily as seen
    inner join staging.limits as limits
        on
            seen.jurisdiction = limits.jurisdiction
            and limits.limit_name = 'storage_lifetime_cap'
            and not limits.is_default
            and limits.value is not null
    where
        seen.seen_at < seen.end_before
        and seen.last_end > seen.end_before + interval 1 day
        and not exists (
            select 1
            from staging.decisions as decisions
            where
                decisions.subject_key = seen.subject_key
                and decisions.decided_at > seen.seen_before
                and decisions.decided_at <= seen.seen_at
        )
)

select
    site,
    jurisdiction,
    name as item,
    if(min(subject) = max(subject), min(subject), '') as subject,
    '' as rule_case,
    min(seen_at) as first_seen,
    max(seen_at) as last_seen,
    count(*) as occurrences,
    'its end moved by up to ' || max(date_diff('day', end_before, last_end)) || ' days between two visits' as observed,
    'at most ' || min(value)::varchar || ' from the first visit, not extended by others' as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (seen_at, partition, "offset"),
        3
    ))::varchar as evidence,
    bool_or(binding) as binding,
    min(citation) as citation,
    "date",
    max(date_diff('second', end_before, last_end))::double as weight
from moved
group by site, jurisdiction, name, "date"
