-- received: one row per accepted event that had been received by the as-of time
-- grain: topic_id, partition, offset   owner: data engineering
-- incremental: event
-- Event time is the client's, unless its clock cannot be right: then it is the time of receipt. The first of the
-- events with one event_id, by (received_at, partition, offset), counts; the others are marked as duplicates.
-- subject_key is site and subject as one number, which is found, joined and sorted in a third of the time.
-- What it shares with many others, of site, banner and policy, is in staging.contexts.
with repeated as (
    -- few: numbering all events would sort them all
    select event_id
    from raw.events
    group by event_id
    having count(*) > 1
),

repeats as (
    select
        topic_id,
        partition,
        "offset",
        row_number() over (
            partition by event_id order by coalesce(received_at, kafka_timestamp), partition, "offset", topic_id
        ) as copy_no
    from raw.events
    where
        coalesce(received_at, kafka_timestamp) <= (select run.as_of from staging.run as run)
        and event_id in (select repeated.event_id from repeated)
    qualify copy_no > 1
),

arrived as (
    select
        *,
        coalesce(received_at, kafka_timestamp) as arrived_at
    from raw.events
),

timed as (
    select
        arrived.*,
        repeats.copy_no is not null as is_duplicate,
        arrived.occurred_at > arrived.arrived_at + interval 5 minutes
        or arrived.occurred_at < arrived.arrived_at - interval 7 days as is_clock_skewed
    from arrived
    left join repeats
        on
            arrived.topic_id = repeats.topic_id
            and arrived.partition = repeats.partition
            and arrived."offset" = repeats."offset"
    where arrived.arrived_at <= (select run.as_of from staging.run as run)
),

dated as (
    select
        *,
        if(is_clock_skewed, arrived_at, occurred_at) as event_time
    from timed
)

select
    dated.topic_id,
    dated.partition,
    dated."offset",
    dated.event_id,
    dated.kind,
    dated.event_time,
    dated.event_time::date as "date",
    dated.arrived_at as received_at,
    dated.site,
    dated.subject,
    md5_number(dated.site || chr(10) || dated.subject) as subject_key,
    hash(
        dated.topic, dated.site, dated.platform, dated.region, dated.banner_id, dated.banner_version,
        dated.banner_variant, dated.banner_layer, dated.policy_version, dated.notice_hash, dated."action",
        dated.surface, dated."method"
    ) as context_id,
    if(dated.categories is null, null, hash(dated.site, dated.categories)) as set_id,
    dated.decision_ms,
    dated.gpc,
    dated.tc_string,
    dated.storage,
    if(
        -- a cheap look first: hardly any event has more than this
        regexp_matches(
            concat_ws(' ', dated.prompt_id, dated.banner_id, dated.banner_variant, dated.policy_version),
            '@|[0-9][.][0-9]|/[0-9]'
        ),
        array_to_string(list_transform(list_filter(
            [
                struct_pack(field := 'prompt_id', value := dated.prompt_id),
                struct_pack(field := 'banner.id', value := dated.banner_id),
                struct_pack(field := 'banner.variant', value := dated.banner_variant),
                struct_pack(field := 'policy_version', value := dated.policy_version)
            ],
            lambda told: coalesce(regexp_matches(
                told['value'],
                '[^@/ ]+@[^@/ ]+[.][A-Za-z]{2,}' -- an e-mail address
                || '|(^|[^0-9.])([0-9]{1,3}[.]){3}[1-9][0-9]{0,2}($|[^0-9.])' -- a whole IP address, not one cut to .0
                || '|Mozilla/[0-9]|AppleWebKit/' -- a raw user agent
            ), false)
        ), lambda told: told['field']), ', '),
        ''
    ) as excess,
    dated.is_clock_skewed,
    dated.arrived_at > dated.event_time + interval 24 hours as is_late,
    coalesce(dated.is_bot, false) as is_bot,
    dated.is_duplicate,
    (dated.site, dated.subject) in (
        select
            restrictions.site,
            restrictions.subject
        from raw.restrictions as restrictions
    ) as is_restricted
from dated
