-- decode: one row per record of a batch, typed, with the reason it is set aside or null
-- grain: topic_id, partition, offset   owner: data engineering
-- Made from consent/contract.py by `make contract`; do not edit. Reads the relation batch:
-- topic, topic_id, partition, offset, timestamp_ms, key, value.
with texts as (
    select
        *,
        make_timestamp(timestamp_ms * 1000) as kafka_timestamp,
        try(decode(value)) as text
    from batch
),
documents as (
    select
        *,
        try_cast(text as json) as document,
        contains(text, 'NaN') or contains(text, 'nan') or contains(text, 'NAN') or contains(text, 'nf') or contains(text, 'NF') or contains(text, '//') or contains(text, '/*') or contains(text, ',}') or contains(text, ',]') or contains(text, ', }') or contains(text, ', ]') or contains(text, e'\n') or contains(text, e'\t') or contains(text, e'\r') as is_lenient
    from texts
),
typed as (
    select
        *,
        json_type(document, [
            '$',
            '$.schema_version',
            '$.event_id',
            '$.kind',
            '$.occurred_at',
            '$.received_at',
            '$.site',
            '$.platform',
            '$.region',
            '$.language',
            '$.subject',
            '$.prompt_id',
            '$.banner',
            '$.policy_version',
            '$.notice_hash',
            '$.action',
            '$.surface',
            '$.method',
            '$.categories',
            '$.decision_ms',
            '$.signals',
            '$.storage',
            '$.is_bot',
            '$.source',
            '$.banner.id',
            '$.banner.version',
            '$.banner.variant',
            '$.banner.layer',
            '$.signals.gpc',
            '$.signals.tc_string',
            '$.signals.gpp_string',
            '$.signals.gcm',
            '$.source.cmp',
            '$.source.version'
        ]) as types,
        json_keys(document, ['$', '$.banner', '$.signals', '$.source']) as keys,
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
            "storage": "JSON",
            "is_bot": "BOOLEAN",
            "source": {"cmp": "VARCHAR", "version": "VARCHAR"}
        }') as event
    from documents
),
parts as (
    select
        *,
        json_keys(event.categories) as category_keys,
        json_type(event.categories, '$.*') as category_types,
        json_type(event.signals.gcm, '$.*') as gcm_types,
        json_type(event.storage, '$[*]') as storage_types,
        from_json(event.storage, '[{"name": "VARCHAR", "type": "VARCHAR", "domain": "VARCHAR", "party": "VARCHAR", "lifetime_s": "BIGINT", "category": "VARCHAR"}]') as storage_items,
        try_cast(upper(event.occurred_at) as timestamptz)::timestamp as occurred_at,
        try_cast(upper(event.received_at) as timestamptz)::timestamp as received_at
    from typed
),
judged as (
    select
        *,
        case
            when value is null
                then 'empty value: expected a JSON object'
            when text is null
                then 'not_utf8 value: expected UTF-8'
            when document is null
                then 'not_json value: expected RFC 8259 JSON'
            when is_lenient and regexp_matches(regexp_replace(text, '"(\\.|[^"\\])*"', '0', 'g'), '[^-+.0-9eE{}\[\]:, \t\r\ntrufalsn]|,\s*[}\]]')
                then 'not_json value: expected RFC 8259 JSON'
            when types[1] <> 'OBJECT'
                then 'not_an_object value: expected a JSON object'
            when len(keys[1]) <> (types[2] is not null)::int + (types[3] is not null)::int + (types[4] is not null)::int + (types[5] is not null)::int + (types[6] is not null)::int + (types[7] is not null)::int + (types[8] is not null)::int + (types[9] is not null)::int + (types[10] is not null)::int + (types[11] is not null)::int + (types[12] is not null)::int + (types[13] is not null)::int + (types[14] is not null)::int + (types[15] is not null)::int + (types[16] is not null)::int + (types[17] is not null)::int + (types[18] is not null)::int + (types[19] is not null)::int + (types[20] is not null)::int + (types[21] is not null)::int + (types[22] is not null)::int + (types[23] is not null)::int + (types[24] is not null)::int and len(keys[1]) <> len(list_distinct(keys[1]))
                then 'duplicate_key value: expected each key once'
            when types[2] is null
                then 'missing schema_version: expected 1'
            when types[2] not in ('UBIGINT', 'BIGINT')
                then 'wrong_type schema_version: expected integer'
            when event.schema_version <> 1
                then 'unsupported_version schema_version: expected 1'
            when types[3] is null
                then 'missing event_id: expected a UUID'
            when types[3] not in ('VARCHAR')
                then 'wrong_type event_id: expected string'
            when not regexp_full_match(event.event_id, '[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}')
                then 'bad_format event_id: expected a UUID'
            when types[4] is null
                then 'missing kind: expected string'
            when types[4] not in ('VARCHAR')
                then 'wrong_type kind: expected string'
            when event.kind not in ('impression', 'reopen', 'decision', 'dismissal', 'replay', 'observation')
                then 'not_allowed kind: expected one of impression, reopen, decision, dismissal, replay, observation'
            when types[5] is null
                then 'missing occurred_at: expected an RFC 3339 time with offset'
            when types[5] not in ('VARCHAR')
                then 'wrong_type occurred_at: expected string'
            when not regexp_full_match(event.occurred_at, '\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})')
                then 'bad_format occurred_at: expected an RFC 3339 time with offset'
            when event.occurred_at is not null and occurred_at is null
                then 'bad_format occurred_at: expected a date that exists'
            when types[6] not in ('VARCHAR')
                then 'wrong_type received_at: expected string'
            when not regexp_full_match(event.received_at, '\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})')
                then 'bad_format received_at: expected an RFC 3339 time with offset'
            when event.received_at is not null and received_at is null
                then 'bad_format received_at: expected a date that exists'
            when types[7] is null
                then 'missing site: expected string'
            when types[7] not in ('VARCHAR')
                then 'wrong_type site: expected string'
            when length(event.site) not between 1 and 253
                then 'out_of_range site: expected 1 to 253 characters'
            when types[8] not in ('VARCHAR')
                then 'wrong_type platform: expected string'
            when event.platform not in ('web', 'ios', 'android', 'desktop', 'tv', 'other')
                then 'not_allowed platform: expected one of web, ios, android, desktop, tv, other'
            when types[9] not in ('VARCHAR')
                then 'wrong_type region: expected string'
            when not regexp_full_match(event.region, '[A-Z]{2}(-[A-Z0-9]{1,3})?')
                then 'bad_format region: expected ISO 3166-1 alpha-2 or 3166-2, such as NO or US-CA'
            when types[10] not in ('VARCHAR')
                then 'wrong_type language: expected string'
            when not regexp_full_match(event.language, '[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*')
                then 'bad_format language: expected a BCP 47 tag'
            when length(event.language) not between 0 and 64
                then 'out_of_range language: expected 0 to 64 characters'
            when types[11] is null
                then 'missing subject: expected 8 to 64 of A-Z a-z 0-9 _ -'
            when types[11] not in ('VARCHAR')
                then 'wrong_type subject: expected string'
            when not regexp_full_match(event.subject, '[A-Za-z0-9_-]{8,64}')
                then 'bad_format subject: expected 8 to 64 of A-Z a-z 0-9 _ -'
            when types[12] not in ('VARCHAR')
                then 'wrong_type prompt_id: expected string'
            when length(event.prompt_id) not between 0 and 64
                then 'out_of_range prompt_id: expected 0 to 64 characters'
            when types[13] not in ('OBJECT')
                then 'wrong_type banner: expected object'
            when types[14] not in ('VARCHAR')
                then 'wrong_type policy_version: expected string'
            when length(event.policy_version) not between 0 and 64
                then 'out_of_range policy_version: expected 0 to 64 characters'
            when types[15] not in ('VARCHAR')
                then 'wrong_type notice_hash: expected string'
            when not regexp_full_match(event.notice_hash, '[0-9A-Fa-f]{64}')
                then 'bad_format notice_hash: expected 64 hexadecimal digits'
            when types[16] is null and event.kind in ('decision')
                then 'missing action: expected string'
            when types[16] not in ('VARCHAR')
                then 'wrong_type action: expected string'
            when event.action not in ('accept_all', 'reject_all', 'save', 'withdraw')
                then 'not_allowed action: expected one of accept_all, reject_all, save, withdraw'
            when types[17] not in ('VARCHAR')
                then 'wrong_type surface: expected string'
            when event.surface not in ('banner', 'preferences', 'external')
                then 'not_allowed surface: expected one of banner, preferences, external'
            when types[18] not in ('VARCHAR')
                then 'wrong_type method: expected string'
            when event.method not in ('explicit', 'implied', 'signal')
                then 'not_allowed method: expected one of explicit, implied, signal'
            when types[19] is null and event.kind in ('decision', 'replay')
                then 'missing categories: expected object'
            when types[19] not in ('OBJECT')
                then 'wrong_type categories: expected object'
            when len(list_filter(category_types, lambda t: t <> 'BOOLEAN')) > 0
                then 'wrong_type categories: expected boolean values'
            when len(category_keys) <> len(list_distinct(category_keys))
                then 'duplicate_key categories: expected each key once'
            when types[20] not in ('UBIGINT', 'BIGINT')
                then 'wrong_type decision_ms: expected integer'
            when event.decision_ms not between 0 and 86400000
                then 'out_of_range decision_ms: expected 0 to 86400000'
            when types[21] not in ('OBJECT')
                then 'wrong_type signals: expected object'
            when types[22] is null and event.kind in ('observation')
                then 'missing storage: expected array'
            when types[22] not in ('ARRAY')
                then 'wrong_type storage: expected array'
            when len(list_filter(storage_types, lambda t: t <> 'OBJECT')) > 0
                then 'wrong_type storage: expected objects'
            when len(list_filter(json_keys(event.storage, '$[*]'), lambda k: len(k) <> len(list_distinct(k)))) > 0
                then 'duplicate_key storage: expected each key once'
            when len(storage_types) <> len(json_type(event.storage, '$[*].name'))
                then 'missing storage.name: expected string'
            when len(list_filter(json_type(event.storage, '$[*].name'), lambda t: t not in ('VARCHAR'))) > 0
                then 'wrong_type storage.name: expected string'
            when len(list_filter(json_type(event.storage, '$[*].type'), lambda t: t not in ('VARCHAR'))) > 0
                then 'wrong_type storage.type: expected string'
            when len(list_filter(storage_items, lambda s: s.type not in ('cookie', 'local_storage', 'session_storage', 'indexed_db', 'pixel'))) > 0
                then 'not_allowed storage.type: expected one of cookie, local_storage, session_storage, indexed_db, pixel'
            when len(list_filter(json_type(event.storage, '$[*].domain'), lambda t: t not in ('VARCHAR'))) > 0
                then 'wrong_type storage.domain: expected string'
            when len(list_filter(json_type(event.storage, '$[*].party'), lambda t: t not in ('VARCHAR'))) > 0
                then 'wrong_type storage.party: expected string'
            when len(list_filter(storage_items, lambda s: s.party not in ('first', 'third'))) > 0
                then 'not_allowed storage.party: expected one of first, third'
            when len(list_filter(json_type(event.storage, '$[*].lifetime_s'), lambda t: t not in ('UBIGINT', 'BIGINT', 'NULL'))) > 0
                then 'wrong_type storage.lifetime_s: expected integer'
            when len(list_filter(storage_items, lambda s: s.lifetime_s not between 0 and 9007199254740991)) > 0
                then 'out_of_range storage.lifetime_s: expected 0 to 9007199254740991'
            when len(list_filter(json_type(event.storage, '$[*].category'), lambda t: t not in ('VARCHAR'))) > 0
                then 'wrong_type storage.category: expected string'
            when types[23] not in ('BOOLEAN')
                then 'wrong_type is_bot: expected boolean'
            when types[24] not in ('OBJECT')
                then 'wrong_type source: expected object'
            when types[25] not in ('VARCHAR')
                then 'wrong_type banner.id: expected string'
            when types[26] not in ('VARCHAR')
                then 'wrong_type banner.version: expected string'
            when types[27] not in ('VARCHAR')
                then 'wrong_type banner.variant: expected string'
            when types[28] not in ('VARCHAR')
                then 'wrong_type banner.layer: expected string'
            when types[29] not in ('BOOLEAN')
                then 'wrong_type signals.gpc: expected boolean'
            when types[30] not in ('VARCHAR')
                then 'wrong_type signals.tc_string: expected string'
            when types[31] not in ('VARCHAR')
                then 'wrong_type signals.gpp_string: expected string'
            when types[32] not in ('OBJECT')
                then 'wrong_type signals.gcm: expected object'
            when len(list_filter(gcm_types, lambda t: t <> 'VARCHAR')) > 0
                then 'wrong_type signals.gcm: expected string values'
            when types[33] not in ('VARCHAR')
                then 'wrong_type source.cmp: expected string'
            when types[34] not in ('VARCHAR')
                then 'wrong_type source.version: expected string'
            when len(keys[2]) <> len(list_distinct(keys[2]))
                then 'duplicate_key banner: expected each key once'
            when len(keys[3]) <> len(list_distinct(keys[3]))
                then 'duplicate_key signals: expected each key once'
            when len(keys[4]) <> len(list_distinct(keys[4]))
                then 'duplicate_key source: expected each key once'
        end as reason
    from parts
)
select
    topic,
    topic_id,
    partition,
    "offset",
    kafka_timestamp,
    case when reason is null then try_cast(event.event_id as uuid) end as event_id,
    case when reason is null then event.kind end as kind,
    case when reason is null then occurred_at end as occurred_at,
    case when reason is null then received_at end as received_at,
    case when reason is null then event.site end as site,
    case when reason is null then coalesce(event.platform, 'web') end as platform,
    case when reason is null then event.region end as region,
    case when reason is null then event.language end as language,
    case when reason is null then event.subject end as subject,
    case when reason is null then event.prompt_id end as prompt_id,
    case when reason is null then event.policy_version end as policy_version,
    case when reason is null then event.notice_hash end as notice_hash,
    case when reason is null then event.action end as action,
    case when reason is null then coalesce(event.surface, 'banner') end as surface,
    case when reason is null then coalesce(event.method, 'explicit') end as method,
    case when reason is null then from_json(event.categories, '"MAP(VARCHAR, BOOLEAN)"') end as categories,
    case when reason is null then event.decision_ms end as decision_ms,
    case when reason is null then storage_items end as storage,
    case when reason is null then event.is_bot end as is_bot,
    case when reason is null then event.banner.id end as banner_id,
    case when reason is null then event.banner.version end as banner_version,
    case when reason is null then event.banner.variant end as banner_variant,
    case when reason is null then event.banner.layer end as banner_layer,
    case when reason is null then event.signals.gpc end as gpc,
    case when reason is null then event.signals.tc_string end as tc_string,
    case when reason is null then event.signals.gpp_string end as gpp_string,
    case when reason is null then from_json(event.signals.gcm, '"MAP(VARCHAR, VARCHAR)"') end as gcm,
    case when reason is null then event.source.cmp end as source_cmp,
    case when reason is null then event.source.version end as source_version,
    case when reason is not null then key end as key,
    case when reason is not null then value end as value,
    reason
from judged
