-- data_quality_daily: one row per day and site: what came in, and what was wrong with it
-- grain: date, site   owner: data engineering
-- received = accepted + quarantined; duplicates, bots, clock_skewed and late count among the accepted. A record in
-- quarantine has the day of its Kafka timestamp and no site. unknown_… count accepted events that name what no policy
-- knows (values: data_quality_issues); newest_… are event and received times, for freshness. Kept counts are of events
-- removed since; no times are kept.
with known as (
    select
        "date",
        site,
        accepted,
        duplicates,
        bots,
        clock_skewed,
        late,
        unknown_category,
        unknown_region,
        newest_event,
        newest_received
    from staging.received_daily
    union all
    select
        "date",
        site,
        accepted,
        duplicates,
        bots,
        clock_skewed,
        late,
        unknown_category,
        unknown_region,
        null::timestamp as newest_event,
        null::timestamp as newest_received
    from kept.data_quality
    where known_at is null or known_at <= (select run.as_of from staging.run as run)
),

accepted as (
    select
        "date",
        site,
        sum(accepted)::bigint as accepted,
        sum(duplicates)::bigint as duplicates,
        sum(bots)::bigint as bots,
        sum(clock_skewed)::bigint as clock_skewed,
        sum(late)::bigint as late,
        sum(unknown_category)::bigint as unknown_category,
        sum(unknown_region)::bigint as unknown_region,
        max(newest_event) as newest_event,
        max(newest_received) as newest_received
    from known
    group by all
),

set_aside as (
    select
        quarantine.kafka_timestamp::date as "date",
        '' as site,
        count(*) as quarantined
    from raw.quarantine as quarantine
    inner join staging.run as run on quarantine.kafka_timestamp <= run.as_of
    group by all
),

prompts as (
    select
        "date",
        site,
        sum(choices) > sum(shown) as impressions_missing
    from marts.prompts_daily
    group by all
)

select
    "date",
    site,
    coalesce(accepted.accepted, 0) + coalesce(set_aside.quarantined, 0) as received,
    coalesce(accepted.accepted, 0) as accepted,
    coalesce(set_aside.quarantined, 0) as quarantined,
    coalesce(accepted.duplicates, 0) as duplicates,
    coalesce(accepted.bots, 0) as bots,
    coalesce(accepted.clock_skewed, 0) as clock_skewed,
    coalesce(accepted.late, 0) as late,
    coalesce(prompts.impressions_missing, false) as impressions_missing,
    if(sites.site is null, coalesce(accepted.accepted, 0), 0) as unknown_site,
    coalesce(accepted.unknown_category, 0) as unknown_category,
    coalesce(accepted.unknown_region, 0) as unknown_region,
    accepted.newest_event,
    accepted.newest_received
from accepted
full join set_aside using ("date", site)
left join prompts using ("date", site)
left join policy.sites as sites using (site)
