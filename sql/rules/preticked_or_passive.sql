-- preticked_or_passive: a consent that nobody gave by a clear act
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- Declared: case preticked, a toggle that is on before anyone touched it; case passive, scrolling, going on or closing
-- the banner counts as consent. Seen: case implied, a decision of the method implied grants something beyond the
-- necessary; case no_choice, a consent is relied on by someone who was shown the banner earlier that day and never
-- decided anything. Where the law asks for an opt-out only, nothing of the kind is needed.
with declared as (
    select
        toggles.site,
        coalesce('banner ' || banners.banner_id, 'banner (row ' || banners.row_no || ')') as item,
        'preticked' as rule_case,
        'on by default: ' || array_to_string(toggles.categories, ', ') as observed,
        toggles.line,
        toggles.row_no
    from policy.toggles as toggles
    inner join policy.banners as banners on toggles.site = banners.site and toggles.row_no = banners.row_no
    where toggles.on_by_default and toggles.categories <> ['necessary']
    union all
    select
        banners.site,
        coalesce('banner ' || banners.banner_id, 'banner (row ' || banners.row_no || ')') as item,
        'passive' as rule_case,
        'counts as consent: ' || banners.passive_consent as observed,
        banners.line,
        banners.row_no
    from policy.banners as banners
    where banners.passive_consent <> ''
),

grants as (
    select
        events.site,
        events.jurisdiction,
        events.subject,
        events.subject_key,
        events.kind,
        events."method",
        events.event_time,
        events."date",
        events.topic,
        events.partition,
        events."offset"
    from staging.events as events
    where
        events.kind in ('decision', 'replay')
        and events.has_grant
        and events.jurisdiction in (
            select jurisdictions.jurisdiction
            from policy.jurisdictions as jurisdictions
            where jurisdictions.regime = 'opt_in'
        )
),

prompted as (
    select
        subject_key,
        "date",
        min(event_time) as prompted_at
    from staging.events
    where kind in ('impression', 'dismissal')
    group by all
),

deciding as (
    select
        subject_key,
        min(decided_at) as decided_at
    from staging.decisions
    group by all
),

seen as (
    select
        *,
        'implied' as rule_case,
        'a decision without a clear act, by ' as told
    from grants
    where kind = 'decision' and "method" = 'implied'
    union all
    select
        grants.*,
        'no_choice' as rule_case,
        'relied on after a banner that was not answered, by ' as told
    from grants
    inner join prompted
        on
            grants.subject_key = prompted.subject_key
            and grants."date" = prompted."date"
            and grants.event_time > prompted.prompted_at
    left join deciding on grants.subject_key = deciding.subject_key
    where grants.kind = 'replay' and coalesce(deciding.decided_at > grants.event_time, true)
),

found as (
    select
        declared.site,
        coalesce(sites.jurisdiction, '') as jurisdiction,
        declared.item,
        declared.rule_case,
        '' as subject,
        run.as_of as seen_at,
        null::date as "date",
        'declared: ' || declared.observed as told,
        declared.row_no as place,
        json_object(
            'file', 'policies/sites/' || declared.site || '.yaml', 'line', declared.line, 'row', declared.row_no
        ) as evidence
    from declared
    inner join policy.sites as sites on declared.site = sites.site
    cross join staging.run as run
    union all
    select
        site,
        jurisdiction,
        'consent' as item,
        rule_case,
        subject,
        event_time as seen_at,
        "date",
        told,
        "offset" as place,
        json_object('topic', topic, 'partition', partition, 'offset', "offset") as evidence
    from seen
)

select
    site,
    jurisdiction,
    item,
    if("date" is not null and min(subject) = max(subject), min(subject), '') as subject,
    rule_case,
    min(seen_at) as first_seen,
    max(seen_at) as last_seen,
    count(*) as occurrences,
    string_agg(distinct told, '; ' order by told)
    || if("date" is null, '', count(distinct subject) || ' subject(s) in a day') as observed,
    'a clear affirmative act' as allowed,
    to_json(arg_min(evidence, (seen_at, place, evidence), 3))::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    "date",
    count(*)::double as weight
from found
group by site, jurisdiction, item, rule_case, "date"
