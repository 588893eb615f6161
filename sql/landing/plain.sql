-- plain: one row per record of a batch, typed, and whether it is plainly good; else it is for landing.decode
-- grain: topic_id, partition, offset   owner: data engineering
-- Made from consent/contract.py by `make contract`; do not edit. Reads the relation batch:
-- topic, topic_id, partition, offset, timestamp_ms, key, value, text (null where value is not UTF-8).
with documents as (
    select
        *,
        try_cast(text as json) as document
    from batch
),
typed as (
    select
        *,
        regexp_full_match(
            text,
            '\s*\{\s*(?:'
            || '"schema_version"\s*:\s*1\s*,?\s*'
            || '|"event_id"\s*:\s*"(?:[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12})"\s*,?\s*'
            || '|"kind"\s*:\s*"(?:impression|reopen|decision|dismissal|replay|observation)"\s*,?\s*'
            || '|"occurred_at"\s*:\s*"(?:\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2}))"\s*,?\s*'
            || '|"received_at"\s*:\s*"(?:\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2}))"\s*,?\s*'
            || '|"site"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*'
            || '|"platform"\s*:\s*"(?:web|ios|android|desktop|tv|other)"\s*,?\s*'
            || '|"region"\s*:\s*"(?:[A-Z]{2}(-[A-Z0-9]{1,3})?)"\s*,?\s*'
            || '|"language"\s*:\s*"(?:[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)"\s*,?\s*'
            || '|"subject"\s*:\s*"(?:[A-Za-z0-9_-]{8,64})"\s*,?\s*'
            || '|"prompt_id"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*'
            || '|"banner"\s*:\s*\{\s*(?:"id"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*)?(?:"version"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*)?(?:"variant"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*)?(?:"layer"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*)?\}\s*,?\s*'
            || '|"policy_version"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*'
            || '|"notice_hash"\s*:\s*"(?:[0-9A-Fa-f]{64})"\s*,?\s*'
            || '|"action"\s*:\s*"(?:accept_all|reject_all|save|withdraw)"\s*,?\s*'
            || '|"surface"\s*:\s*"(?:banner|preferences|external)"\s*,?\s*'
            || '|"method"\s*:\s*"(?:explicit|implied|signal)"\s*,?\s*'
            || '|"categories"\s*:\s*\{\s*(?:"(?:[^"\\]|\\.)*"\s*:\s*(?:true|false)\s*,?\s*)*\}\s*,?\s*'
            || '|"decision_ms"\s*:\s*\d{1,7}\s*,?\s*'
            || '|"signals"\s*:\s*\{\s*(?:"gpc"\s*:\s*(?:true|false)\s*,?\s*)?(?:"tc_string"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*)?(?:"gpp_string"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*)?(?:"gcm"\s*:\s*\{\s*(?:"(?:[^"\\]|\\.)*"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*)*\}\s*,?\s*)?\}\s*,?\s*'
            || '|"storage"\s*:\s*\[\s*(?:\{\s*"name"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*(?:"type"\s*:\s*"(?:cookie|local_storage|session_storage|indexed_db|pixel)"\s*,?\s*)?(?:"domain"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*)?(?:"party"\s*:\s*"(?:first|third)"\s*,?\s*)?(?:"lifetime_s"\s*:\s*(?:null|\d{1,15})\s*,?\s*)?(?:"category"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*)?\}\s*,?\s*)*\]\s*,?\s*'
            || '|"is_bot"\s*:\s*(?:true|false)\s*,?\s*'
            || '|"source"\s*:\s*\{\s*(?:"cmp"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*)?(?:"version"\s*:\s*"(?:[^"\\]|\\.)*"\s*,?\s*)?\}\s*,?\s*'
            || ')*\}\s*'
        ) as has_grammar,
        len(json_keys(document)) as keys,
        json_transform(document, '{
            "schema_version": "BIGINT",
            "event_id": "VARCHAR",
            "kind": "VARCHAR",
            "occurred_at": "VARCHAR",
            "received_at": "VARCHAR",
            "site": "VARCHAR",
            "platform": "VARCHAR",
            "region": "VARCHAR",
            "language": "VARCHAR",
            "subject": "VARCHAR",
            "prompt_id": "VARCHAR",
            "banner": {"id": "VARCHAR", "version": "VARCHAR", "variant": "VARCHAR", "layer": "VARCHAR"},
            "policy_version": "VARCHAR",
            "notice_hash": "VARCHAR",
            "action": "VARCHAR",
            "surface": "VARCHAR",
            "method": "VARCHAR",
            "categories": "JSON",
            "decision_ms": "BIGINT",
            "signals": {"gpc": "BOOLEAN", "tc_string": "VARCHAR", "gpp_string": "VARCHAR", "gcm": "JSON"},
            "storage": [{"name": "VARCHAR", "type": "VARCHAR", "domain": "VARCHAR", "party": "VARCHAR", "lifetime_s": "BIGINT", "category": "VARCHAR"}],
            "is_bot": "BOOLEAN",
            "source": {"cmp": "VARCHAR", "version": "VARCHAR"}
        }') as event
    from documents
),
timed as (
    select
        *,
        -- Only timestamptz heeds the offset (the session is in UTC), and only upper case is read.
        try_cast(upper(event.occurred_at) as timestamptz)::timestamp as occurred_at,
        try_cast(upper(event.received_at) as timestamptz)::timestamp as received_at
    from typed
),
judged as (
    select
        *,
        coalesce(
            has_grammar
            and keys = (event.schema_version is not null)::int + (event.event_id is not null)::int + (event.kind is not null)::int + (event.occurred_at is not null)::int + (event.received_at is not null)::int + (event.site is not null)::int + (event.platform is not null)::int + (event.region is not null)::int + (event.language is not null)::int + (event.subject is not null)::int + (event.prompt_id is not null)::int + (event.banner is not null)::int + (event.policy_version is not null)::int + (event.notice_hash is not null)::int + (event.action is not null)::int + (event.surface is not null)::int + (event.method is not null)::int + (event.categories is not null)::int + (event.decision_ms is not null)::int + (event.signals is not null)::int + (event.storage is not null)::int + (event.is_bot is not null)::int + (event.source is not null)::int
            and case when event.categories is null or regexp_full_match(event.categories, '\{(?:"necessary":[a-z]+,?)?(?:"functionality":[a-z]+,?)?(?:"performance":[a-z]+,?)?(?:"marketing":[a-z]+,?)?\}') then true else len(json_keys(event.categories)) = len(list_distinct(json_keys(event.categories))) end
            and case when event.signals.gcm is null then true else len(json_keys(event.signals.gcm)) = len(list_distinct(json_keys(event.signals.gcm))) end
            and event.schema_version is not null
            and event.event_id is not null
            and event.kind is not null
            and event.occurred_at is not null
            and (event.occurred_at is null or occurred_at is not null)
            and (event.received_at is null or received_at is not null)
            and event.site is not null
            and coalesce(strlen(event.site), 1) between 1 and 253
            and coalesce(strlen(event.language), 0) between 0 and 64
            and event.subject is not null
            and coalesce(strlen(event.prompt_id), 0) between 0 and 64
            and coalesce(strlen(event.policy_version), 0) between 0 and 64
            and (event.kind not in ('decision') or event.action is not null)
            and (event.kind not in ('decision', 'replay') or event.categories is not null)
            and (event.kind not in ('observation') or event.storage is not null)
        , false) as is_plain
    from timed
)
select
    topic,
    topic_id::uuid as topic_id,
    partition,
    "offset",
    make_timestamp(timestamp_ms * 1000) as kafka_timestamp,
    try_cast(event.event_id as uuid) as event_id,
    event.kind as kind,
    occurred_at as occurred_at,
    received_at as received_at,
    event.site as site,
    coalesce(event.platform, 'web') as platform,
    event.region as region,
    event.language as language,
    event.subject as subject,
    event.prompt_id as prompt_id,
    event.policy_version as policy_version,
    event.notice_hash as notice_hash,
    event.action as action,
    coalesce(event.surface, 'banner') as surface,
    coalesce(event.method, 'explicit') as method,
    event.categories as categories,
    event.decision_ms as decision_ms,
    event.storage as storage,
    event.is_bot as is_bot,
    event.banner.id as banner_id,
    event.banner.version as banner_version,
    event.banner.variant as banner_variant,
    event.banner.layer as banner_layer,
    event.signals.gpc as gpc,
    event.signals.tc_string as tc_string,
    event.signals.gpp_string as gpp_string,
    event.signals.gcm as gcm,
    event.source.cmp as source_cmp,
    event.source.version as source_version,
    case when not is_plain then key end as key,
    case when not is_plain then value end as value,
    is_plain
from judged
