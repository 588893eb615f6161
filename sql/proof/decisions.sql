-- decisions: one row per decision as it landed, with the record that the proof commits to
-- grain: topic_id, partition, offset   owner: compliance
-- record is canonical JSON (RFC 8785) of every column, times in UTC to the microsecond, nested values as the text that
-- was sent. Scheme 1: what it holds never changes, or old proofs would no longer hold; a new column needs scheme 2.
-- DuckDB writes a control character's digits in upper case where the RFC has lower: mended where there is one.
with written as (
    select
        topic_id,
        partition,
        "offset",
        site,
        coalesce(received_at, kafka_timestamp)::date as "day",
        json_object(
            'action', "action",
            'banner_id', banner_id,
            'banner_layer', banner_layer,
            'banner_variant', banner_variant,
            'banner_version', banner_version,
            'categories', categories::varchar,
            'decision_ms', decision_ms,
            'event_id', event_id::varchar,
            'gcm', gcm::varchar,
            'gpc', gpc,
            'gpp_string', gpp_string,
            'is_bot', is_bot,
            'kafka_timestamp', strftime(kafka_timestamp, '%Y-%m-%dT%H:%M:%S.%fZ'),
            'kind', kind,
            'language', "language",
            'method', "method",
            'notice_hash', notice_hash,
            'occurred_at', strftime(occurred_at, '%Y-%m-%dT%H:%M:%S.%fZ'),
            'offset', "offset",
            'partition', partition,
            'platform', platform,
            'policy_version', policy_version,
            'prompt_id', prompt_id,
            'received_at', strftime(received_at, '%Y-%m-%dT%H:%M:%S.%fZ'),
            'region', region,
            'site', site,
            'source_cmp', source_cmp,
            'source_version', source_version,
            'storage', to_json(storage)::varchar,
            'subject', subject,
            'surface', surface,
            'tc_string', tc_string,
            'topic', topic,
            'topic_id', topic_id::varchar
        )::varchar as record
    from raw.events
    where kind = 'decision'
)

select
    topic_id,
    partition,
    "offset",
    site,
    "day",
    if(
        contains(record, '\u00'),
        replace(
            replace(
                replace(
                    replace(
                        replace(
                            replace(
                                replace(
                                    replace(
                                        replace(
                                            replace(
                                                replace(record, '\\', chr(1)),
                                                '\u000B', '\u000b'
                                            ),
                                            '\u000E', '\u000e'
                                        ),
                                        '\u000F', '\u000f'
                                    ),
                                    '\u001A', '\u001a'
                                ),
                                '\u001B', '\u001b'
                            ),
                            '\u001C', '\u001c'
                        ),
                        '\u001D', '\u001d'
                    ),
                    '\u001E', '\u001e'
                ),
                '\u001F', '\u001f'
            ),
            chr(1), '\\'
        ),
        record
    ) as record
from written
