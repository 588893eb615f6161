-- promise_only_essential_before_consent: storage before any choice, although the policy promises only the essential
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- The site's own promise: it holds in every place, also where the law lets the storage come first.
with made as (
    select distinct site
    from policy.promises
    where promise = 'only_essential_before_consent'
),

early as (
    select seen.*
    from staging.storage_observed as seen
    inner join made on seen.site = made.site
    left join staging.first_choices as first_choices
        on seen.subject_key = first_choices.subject_key
    where
        seen.category in ('functionality', 'performance', 'marketing')
        and (first_choices.chosen_at is null or first_choices.chosen_at > seen.event_time)
),

placed as (
    select
        early.* exclude (jurisdiction),
        coalesce(sites.jurisdiction, '') as jurisdiction
    from early
    left join policy.sites as sites on early.site = sites.site
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
    min(category) || ' storage before any decision, with ' || count(distinct subject) || ' subject(s) in a day'
        as observed,
    'promised: only the essential before a consent' as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (event_time, partition, "offset"),
        3
    ))::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    event_time::date as "date",
    count(distinct subject)::double as weight
from placed
group by site, jurisdiction, name, event_time::date
