-- lifetime_over_declared: storage seen with a longer lifetime than the policy tells
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- A declared duration counts as the longest it can be (P6M: 184 days). An item declared for the session that is seen
-- with any lifetime is kept beyond it. A declaration without a lifetime, or with two, cannot be exceeded.
with longer as (
    select *
    from staging.storage_observed
    where
        is_declared
        and lifetime_s is not null
        and (lifetime_s > declared_longest_s or declared_kind = 'session')
)

select
    longer.site,
    coalesce(sites.jurisdiction, '') as jurisdiction,
    longer.name as item,
    if(min(longer.subject) = max(longer.subject), min(longer.subject), '') as subject,
    '' as rule_case,
    min(longer.event_time) as first_seen,
    max(longer.event_time) as last_seen,
    count(*) as occurrences,
    'up to ' || max(longer.lifetime_s) || ' s (' || round(max(longer.lifetime_s) / 86400, 1) || ' days)' as observed,
    case
        when min(longer.declared_kind) = 'session' then 'declared: session'
        else
            'declared: at most ' || max(longer.declared_longest_s) || ' s ('
            || round(max(longer.declared_longest_s) / 86400, 1) || ' days)'
    end as allowed,
    to_json(arg_min(
        json_object('topic', longer.topic, 'partition', longer.partition, 'offset', longer."offset"),
        (longer.event_time, longer.partition, longer."offset"),
        3
    ))::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    longer.event_time::date as "date",
    max(longer.lifetime_s)::double as weight
from longer
left join policy.sites as sites on longer.site = sites.site
group by longer.site, sites.jurisdiction, longer.name, longer.event_time::date
