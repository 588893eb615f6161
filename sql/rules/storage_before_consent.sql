-- storage_before_consent: storage that needs consent, on the device of someone who had not decided yet
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- A decision at the same moment counts as made before, and a replay shows a decision made before records began.
-- Storage of an unknown category is not counted: it may be necessary. Opt-out regimes ask for no consent first.
with early as (
    select
        observed.*,
        if(jurisdictions.jurisdiction = 'default', 'no_own_law', '') as rule_case
    from staging.storage_observed as observed
    inner join policy.jurisdictions as jurisdictions
        on observed.jurisdiction = jurisdictions.jurisdiction and jurisdictions.regime = 'opt_in'
    left join staging.first_choices as first_choices
        on observed.subject_key = first_choices.subject_key
    where
        observed.category in ('functionality', 'performance', 'marketing')
        and (first_choices.chosen_at is null or first_choices.chosen_at > observed.event_time)
)

select
    site,
    jurisdiction,
    name as item,
    if(min(subject) = max(subject), min(subject), '') as subject,
    rule_case,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as occurrences,
    min(category) || ' storage seen before any decision, with ' || count(distinct subject) || ' subject(s) in a day'
        as observed,
    'no storage beyond the necessary before a consent' as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (event_time, partition, "offset"),
        3
    ))::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    event_time::date as "date",
    count(distinct subject)::double as weight
from early
group by site, jurisdiction, name, rule_case, event_time::date
