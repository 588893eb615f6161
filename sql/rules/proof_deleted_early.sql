-- proof_deleted_early: decisions that a purge deleted before their proof period had ended
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- A purge refuses that unless it is told to go on, and notes what it did in raw.purges. It cannot be undone, so the
-- finding stays; someone may answer for it. What a person had erased is no purge. The evidence is the note's line.
with early as (
    select
        purges.*,
        coalesce(sites.jurisdiction, '') as jurisdiction,
        coalesce(sites.proof_retention, limits.value) as retention,
        case
            when sites.proof_retention is not null then ' (the site''s own)'
            when limits.is_default then ' (the organisation''s own default)'
            else ''
        end as source
    from raw.purges as purges
    inner join staging.run as run on purges.purged_at <= run.as_of
    left join policy.sites as sites on purges.site = sites.site
    left join staging.limits as limits
        on
            coalesce(sites.jurisdiction, 'default') = limits.jurisdiction
            and limits.limit_name = 'proof_retention'
    where purges.early and not purges.refused
)

select
    site,
    jurisdiction,
    'decision records' as item,
    '' as subject,
    '' as rule_case,
    min(purged_at) as first_seen,
    max(purged_at) as last_seen,
    sum(records)::bigint as occurrences,
    'deleted ' || strftime(max(purged_at), '%Y-%m-%d') || ': decisions of ' || strftime(min(first_day), '%Y-%m-%d')
    || ' to ' || strftime(max(last_day), '%Y-%m-%d') as observed,
    'kept until ' || coalesce(min(retention)::varchar, 'the proof period') || ' after the processing ended'
    || min(source) as allowed,
    to_json(arg_min(
        json_object('purged_at', purged_at, 'rule', "rule", 'records', records),
        (purged_at, first_day),
        3
    ))::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    null::date as "date",
    sum(records)::double as weight
from early
group by site, jurisdiction
