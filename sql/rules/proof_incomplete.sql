-- proof_incomplete: decisions whose record cannot show what was agreed to
-- grain: site, jurisdiction, item, rule_case, date   owner: compliance
-- incremental: date
-- A record has a time and a method by contract; it also needs the choices, the hash of the text shown and the version
-- of the banner. Case unknown_text: the hash is of no text that the site has on file. What a browser signal or another
-- system decided was shown no text, and is left out.
with texts as (
    select
        site,
        notice_hash
    from policy.banners
    where notice_hash is not null
),

checked as (
    select
        events.site,
        events.subject,
        events.event_time,
        events.topic,
        events.partition,
        events."offset",
        concat_ws(
            ', ',
            if(coalesce(cardinality(events.categories), 0) = 0, 'choices', null),
            if(events.notice_hash = '', 'hash of the text shown', null),
            if(events.banner_version = '', 'banner version', null)
        ) as missing,
        events.notice_hash <> ''
        and events.site in (select texts.site from texts)
        and known.notice_hash is null as is_unknown_text
    from staging.events as events
    left join texts as known on events.site = known.site and events.notice_hash = known.notice_hash
    where events.kind = 'decision' and events.surface <> 'external' and events."method" <> 'signal'
),

lacking as (
    select
        checked.*,
        coalesce(sites.jurisdiction, '') as jurisdiction,
        if(checked.missing <> '', '', 'unknown_text') as rule_case
    from checked
    left join policy.sites as sites on checked.site = sites.site
    where checked.missing <> '' or checked.is_unknown_text
)

select
    site,
    jurisdiction,
    'decision records' as item,
    if(min(subject) = max(subject), min(subject), '') as subject,
    rule_case,
    min(event_time) as first_seen,
    max(event_time) as last_seen,
    count(*) as occurrences,
    if(
        rule_case = '',
        'without ' || string_agg(distinct missing, '; or ' order by missing),
        'the hash of the text shown is of no text on file'
    ) || ', ' || count(*) || ' in a day' as observed,
    'time, choices, method, hash of the text shown, banner version' as allowed,
    to_json(arg_min(
        json_object('topic', topic, 'partition', partition, 'offset', "offset"),
        (event_time, partition, "offset"),
        3
    ))::varchar as evidence,
    null::boolean as binding,
    null::varchar as citation,
    event_time::date as "date",
    count(*)::double as weight
from lacking
group by site, jurisdiction, rule_case, event_time::date
