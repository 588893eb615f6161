-- statistics_daily: one row per day, site and jurisdiction: records that serve statistics alone, no proof
-- grain: date, site, jurisdiction   owner: compliance
-- incremental: date
-- Prompts, dismissals and reopenings. Only where a place says how long such records may be kept. subject: of the only
-- one seen that day, else empty.
select
    events."date",
    events.site,
    events.jurisdiction,
    if(min(events.subject) = max(events.subject), min(events.subject), '') as subject,
    min(events.event_time) as first_seen,
    max(events.event_time) as last_seen,
    count(*) as occurrences,
    arg_min(
        json_object('topic', events.topic, 'partition', events.partition, 'offset', events."offset"),
        (events.event_time, events."offset", events.partition),
        3
    ) as evidence
from staging.events as events
inner join staging.limits as limits
    on
        events.jurisdiction = limits.jurisdiction
        and limits.limit_name = 'measurement_retention'
        and not limits.is_default
        and limits.value is not null
where events.kind in ('impression', 'dismissal', 'reopen')
group by events."date", events.site, events.jurisdiction
