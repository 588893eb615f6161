-- received: one row per accepted event that had been received by the as-of time
-- grain: topic_id, partition, offset   owner: data engineering
-- incremental: event
-- Event time is the client's, unless its clock cannot be right: then it is the time of receipt. The first of the
-- events with one event_id, by (received_at, partition, offset), counts; the others are marked as duplicates.
with repeats as (
    select
        topic_id,
        partition,
        "offset",
        row_number() over (
            partition by event_id order by coalesce(received_at, kafka_timestamp), partition, "offset", topic_id
        ) as copy_no
    from raw.events
    where coalesce(received_at, kafka_timestamp) <= (select run.as_of from staging.run as run)
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
    topic,
    topic_id,
    partition,
    "offset",
    event_id,
    kind,
    event_time,
    event_time::date as "date",
    arrived_at as received_at,
    occurred_at,
    site,
    platform,
    coalesce(region, '') as region,
    coalesce("language", '') as "language",
    subject,
    coalesce(prompt_id, '') as prompt_id,
    coalesce(banner_id, '') as banner_id,
    coalesce(banner_version, '') as banner_version,
    coalesce(banner_variant, '') as variant,
    coalesce(banner_layer, '') as layer,
    coalesce(policy_version, '') as policy_version,
    coalesce(notice_hash, '') as notice_hash,
    coalesce("action", '') as "action",
    surface,
    "method",
    categories,
    decision_ms,
    gpc,
    tc_string,
    storage,
    if(
        -- a cheap look first: hardly any event has more than this
        regexp_matches(concat_ws(' ', prompt_id, banner_id, banner_variant, policy_version), '@|[0-9][.][0-9]|/[0-9]'),
        array_to_string(list_transform(list_filter(
            [
                struct_pack(field := 'prompt_id', value := prompt_id),
                struct_pack(field := 'banner.id', value := banner_id),
                struct_pack(field := 'banner.variant', value := banner_variant),
                struct_pack(field := 'policy_version', value := policy_version)
            ],
            lambda told: coalesce(regexp_matches(
                told.value,
                '[^@/ ]+@[^@/ ]+[.][A-Za-z]{2,}' -- an e-mail address
                || '|(^|[^0-9.])([0-9]{1,3}[.]){3}[1-9][0-9]{0,2}($|[^0-9.])' -- a whole IP address, not one cut to .0
                || '|Mozilla/[0-9]|AppleWebKit/' -- a raw user agent
            ), false)
        ), lambda told: told.field), ', '),
        ''
    ) as excess,
    is_clock_skewed,
    arrived_at > event_time + interval 24 hours as is_late,
    coalesce(is_bot, false) as is_bot,
    is_duplicate
from dated
