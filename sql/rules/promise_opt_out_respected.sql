-- promise_opt_out_respected: storage of a provider beside the opt-out that the policy promises it respects
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- Both are on the device at once: seen in one observation. What the policy declares necessary may stay.
with made as (
    select *
    from policy.promises
    where promise = 'opt_out_respected'
),

opted_out as (
    select distinct
        seen.topic_id,
        seen.partition,
        seen."offset",
        made.site,
        made.row_no,
        made.provider,
        made.storage
    from staging.storage_observed as seen
    inner join made on seen.site = made.site and seen.name = made.storage
),

used as (
    select
        seen.site,
        coalesce(sites.jurisdiction, '') as jurisdiction,
        seen.subject,
        seen.name,
        opted_out.provider,
        opted_out.storage,
        seen.event_time,
        seen.topic,
        seen.partition,
        seen."offset"
    from staging.storage_observed as seen
    inner join staging.promised_names as names
        on seen.site = names.site and seen.name = names.name and not names.is_necessary
    inner join policy.sites as sites on seen.site = sites.site
    inner join opted_out
        on
            seen.topic_id = opted_out.topic_id
            and seen.partition = opted_out.partition
            and seen."offset" = opted_out."offset"
            and names.row_no = opted_out.row_no
    where seen.name <> opted_out.storage
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
    'storage of ' || min(provider) || ' beside ' || min(storage) || ', on '
    || count(distinct subject) || ' device(s) in a day' as observed,
    'promised: nothing reaches ' || min(provider) || ' once opted out' as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (event_time, partition, "offset"),
        3
    ))::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    event_time::date as "date",
    count(distinct subject)::double as weight
from used
group by site, jurisdiction, name, event_time::date
