-- decode: one row per record of a batch, typed, with the reason it is set aside or null
-- grain: topic_id, partition, offset   owner: data engineering
-- Made from consent/contract.py by `make contract`; do not edit. Reads the relation suspects:
-- topic, topic_id, partition, offset, timestamp_ms, key, value.
with texts as (
    select
        *,
        make_timestamp(timestamp_ms * 1000) as kafka_timestamp,
        try(decode(value)) as text
    from suspects
),
documents as (
    select
        *,
        try_cast(text as json) as document
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
            '$.source'
        ]) as types,
        json_keys(document) as keys,
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
            "banner": "JSON",
            "policy_version": "VARCHAR",
            "notice_hash": "VARCHAR",
            "action": "VARCHAR",
            "surface": "VARCHAR",
            "method": "VARCHAR",
            "categories": "JSON",
            "decision_ms": "BIGINT",
            "signals": "JSON",
            "storage": "JSON",
            "is_bot": "BOOLEAN",
            "source": "JSON"
        }') as event
    from documents
),
parts as (
    select
        *,
        len(keys) <> list_count(types) - 1 as has_other_keys,
        json_type(event.banner, ['$.id', '$.version', '$.variant', '$.layer']) as banner_types,
        json_keys(event.banner) as banner_keys,
        json_transform(event.banner, '{"id": "VARCHAR", "version": "VARCHAR", "variant": "VARCHAR", "layer": "VARCHAR"}') as banner,
        json_type(event.signals, ['$.gpc', '$.tc_string', '$.gpp_string', '$.gcm']) as signals_types,
        json_keys(event.signals) as signals_keys,
        json_transform(event.signals, '{"gpc": "BOOLEAN", "tc_string": "VARCHAR", "gpp_string": "VARCHAR", "gcm": "JSON"}') as signals,
        json_type(event.source, ['$.cmp', '$.version']) as source_types,
        json_keys(event.source) as source_keys,
        json_transform(event.source, '{"cmp": "VARCHAR", "version": "VARCHAR"}') as source,
        json_keys(event.categories) as categories_keys,
        json_type(event.categories, '$.*') as categories_types,
        json_type(event.storage, '$[*]') as storage_types,
        json_keys(event.storage, '$[*]') as storage_keys,
        json_type(event.storage, '$[*].name') as storage_name_types,
        json_type(event.storage, '$[*].type') as storage_type_types,
        json_type(event.storage, '$[*].domain') as storage_domain_types,
        json_type(event.storage, '$[*].party') as storage_party_types,
        json_type(event.storage, '$[*].lifetime_s') as storage_lifetime_s_types,
        json_type(event.storage, '$[*].category') as storage_category_types,
        from_json(event.storage, '[{"name": "VARCHAR", "type": "VARCHAR", "domain": "VARCHAR", "party": "VARCHAR", "lifetime_s": "BIGINT", "category": "VARCHAR"}]') as storage,
        -- Only timestamptz heeds the offset (the session is in UTC), and only upper case is read.
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
            when types[1] <> 'OBJECT'
                then 'not_an_object value: expected a JSON object'
            when has_other_keys and len(keys) <> len(list_distinct(keys))
                then 'duplicate_key value: expected each key once'
            when (has_other_keys or coalesce(event.banner, event.signals, event.source, event.storage) is not null) and (contains(text, 'NaN') or contains(text, 'nan') or contains(text, 'NAN') or contains(text, 'nf') or contains(text, 'NF')) and regexp_matches(regexp_replace(text, '"(\\.|[^"\\])*"', '0', 'g'), '[NnIi][AaNn][NnFf]')
                then 'not_json value: expected RFC 8259 JSON'
            when types[2] is null
                then 'missing schema_version: expected 1'
            when types[2] not in ('UBIGINT', 'BIGINT')
                then 'wrong_type schema_version: expected integer'
            when event.schema_version is distinct from 1
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
            when len(banner_keys) <> len(list_distinct(banner_keys))
                then 'duplicate_key banner: expected each key once'
            when banner_types[1] not in ('VARCHAR')
                then 'wrong_type banner.id: expected string'
            when banner_types[2] not in ('VARCHAR')
                then 'wrong_type banner.version: expected string'
            when banner_types[3] not in ('VARCHAR')
                then 'wrong_type banner.variant: expected string'
            when banner_types[4] not in ('VARCHAR')
                then 'wrong_type banner.layer: expected string'
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
            when not list_has_all(['BOOLEAN'], categories_types)
                then 'wrong_type categories: expected boolean values'
            when len(categories_keys) <> len(list_distinct(categories_keys))
                then 'duplicate_key categories: expected each key once'
            when types[20] not in ('UBIGINT', 'BIGINT')
                then 'wrong_type decision_ms: expected integer'
            when event.decision_ms not between 0 and 86400000 or (types[20] is not null and event.decision_ms is null)
                then 'out_of_range decision_ms: expected 0 to 86400000'
            when types[21] not in ('OBJECT')
                then 'wrong_type signals: expected object'
            when len(signals_keys) <> len(list_distinct(signals_keys))
                then 'duplicate_key signals: expected each key once'
            when signals_types[1] not in ('BOOLEAN')
                then 'wrong_type signals.gpc: expected boolean'
            when signals_types[2] not in ('VARCHAR')
                then 'wrong_type signals.tc_string: expected string'
            when signals_types[3] not in ('VARCHAR')
                then 'wrong_type signals.gpp_string: expected string'
            when signals_types[4] not in ('OBJECT')
                then 'wrong_type signals.gcm: expected object'
            when not list_has_all(['VARCHAR'], json_type(signals.gcm, '$.*'))
                then 'wrong_type signals.gcm: expected string values'
            when len(json_keys(signals.gcm)) <> len(list_distinct(json_keys(signals.gcm)))
                then 'duplicate_key signals.gcm: expected each key once'
            when types[22] is null and event.kind in ('observation')
                then 'missing storage: expected array'
            when types[22] not in ('ARRAY')
                then 'wrong_type storage: expected array'
            when not list_has_all(['OBJECT'], storage_types)
                then 'wrong_type storage: expected objects'
            when len(flatten(storage_keys)) <> len(storage_name_types) + len(storage_type_types) + len(storage_domain_types) + len(storage_party_types) + len(storage_lifetime_s_types) + len(storage_category_types) and len(list_filter(storage_keys, lambda k: len(k) <> len(list_distinct(k)))) > 0
                then 'duplicate_key storage: expected each key once'
            when len(storage_types) <> len(storage_name_types)
                then 'missing storage.name: expected string'
            when not list_has_all(['VARCHAR'], storage_name_types)
                then 'wrong_type storage.name: expected string'
            when not list_has_all(['VARCHAR'], storage_type_types)
                then 'wrong_type storage.type: expected string'
            when not list_has_all(['cookie', 'local_storage', 'session_storage', 'indexed_db', 'pixel'], json_extract_string(event.storage, '$[*].type'))
                then 'not_allowed storage.type: expected one of cookie, local_storage, session_storage, indexed_db, pixel'
            when not list_has_all(['VARCHAR'], storage_domain_types)
                then 'wrong_type storage.domain: expected string'
            when not list_has_all(['VARCHAR'], storage_party_types)
                then 'wrong_type storage.party: expected string'
            when not list_has_all(['first', 'third'], json_extract_string(event.storage, '$[*].party'))
                then 'not_allowed storage.party: expected one of first, third'
            when not list_has_all(['UBIGINT', 'BIGINT', 'NULL'], storage_lifetime_s_types)
                then 'wrong_type storage.lifetime_s: expected integer'
            when len(list_filter(storage, lambda s: s.lifetime_s not between 0 and 9007199254740991)) > 0 or len(list_filter(storage_lifetime_s_types, lambda t: t <> 'NULL')) <> len(list_filter(storage, lambda s: s.lifetime_s is not null))
                then 'out_of_range storage.lifetime_s: expected 0 to 9007199254740991'
            when not list_has_all(['VARCHAR'], storage_category_types)
                then 'wrong_type storage.category: expected string'
            when types[23] not in ('BOOLEAN')
                then 'wrong_type is_bot: expected boolean'
            when types[24] not in ('OBJECT')
                then 'wrong_type source: expected object'
            when len(source_keys) <> len(list_distinct(source_keys))
                then 'duplicate_key source: expected each key once'
            when source_types[1] not in ('VARCHAR')
                then 'wrong_type source.cmp: expected string'
            when source_types[2] not in ('VARCHAR')
                then 'wrong_type source.version: expected string'
        end as reason
    from parts
)
select
    topic,
    topic_id,
    partition,
    "offset",
    kafka_timestamp,
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
    storage as storage,
    event.is_bot as is_bot,
    banner.id as banner_id,
    banner.version as banner_version,
    banner.variant as banner_variant,
    banner.layer as banner_layer,
    signals.gpc as gpc,
    signals.tc_string as tc_string,
    signals.gpp_string as gpp_string,
    signals.gcm as gcm,
    source.cmp as source_cmp,
    source.version as source_version,
    case when reason is not null then key end as key,
    case when reason is not null then value end as value,
    reason
from judged
