-- promise_local_storage_only_declared: local storage that the policy promises not to use
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- It lists neither the key, nor one of the categories it names for local storage is the one the key was seen with.
with made as (
    select
        site,
        flatten(list(coalesce(categories, []))) as categories
    from policy.promises
    where promise = 'local_storage_only_declared'
    group by site
),

unlisted as (
    select
        seen.* exclude (jurisdiction),
        coalesce(sites.jurisdiction, '') as jurisdiction
    from staging.storage_observed as seen
    inner join made on seen.site = made.site
    inner join policy.sites as sites on seen.site = sites.site
    where
        seen.type = 'local_storage'
        and not seen.is_declared
        and not coalesce(list_contains(made.categories, seen.category), false)
)

select
    site,
    jurisdiction,
    name as item,
    if(min(subject) = max(subject), min(subject), '') as subject,
    '' as rule_case,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as occurrences,
    'local storage of ' || coalesce(min(category), 'no known category') || ', ' || count(*) || ' times in a day'
        as observed,
    'promised: what the policy names for local storage' as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (event_time, partition, "offset"),
        3
    ))::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    event_time::date as "date",
    count(*)::double as weight
from unlisted
group by site, jurisdiction, name, event_time::date
