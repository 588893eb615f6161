"""What Kafka still has of erased people: it must not come back when it is read again.

Tombstones are keyed hashes (consent/subjects.py). While there is none this costs one count a batch; with any, a hash
for each subject of the batch.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from consent.subjects import SubjectKey

_TOKENS = r"regexp_extract_all(regexp_replace(value::varchar, '\\x[0-9A-F]{2}', ' ', 'g'), '[A-Za-z0-9_-]{8,64}')"


def drop_erased(connection: duckdb.DuckDBPyConnection, home: Path) -> int:
    """Find the events of erased subjects in `decoded`; how many there are. Call it outside of a transaction.

    Their positions are in the temp table `removed` (topic, topic_id, partition, offset): they are not to land. A bad
    record that names an erased subject anywhere keeps its position and reason, and loses key and value.
    """
    connection.execute(
        'create or replace temp table removed (topic varchar, topic_id uuid, partition integer, "offset" bigint)'
    )
    if connection.execute("select count(*) from raw.tombstones").fetchall() == [(0,)]:
        return 0
    key = SubjectKey.of(home)
    connection.execute(
        "insert into removed "  # noqa: S608
        f"with seen as (select distinct site, subject, {key.sql('subject')} as subject_hash "
        "from decoded where reason is null), "
        "erased as (select distinct seen.site, seen.subject from seen join raw.tombstones as tombstones "
        "on seen.subject_hash = tombstones.subject_hash and tombstones.site in ('', seen.site)) "
        'select decoded.topic, decoded.topic_id, decoded.partition, decoded."offset" '
        "from decoded semi join erased using (site, subject) where decoded.reason is null"
    )
    connection.execute(
        "create or replace temp table blanked as "  # noqa: S608
        f'with tokens as (select topic_id, partition, "offset", unnest({_TOKENS}) as token '
        "from (select * from decoded union all by name select * replace (key as value) from decoded) "
        "where reason is not null and value is not null) "
        'select distinct topic_id, partition, "offset" from tokens '
        f"where {key.sql('token')} in (select subject_hash from raw.tombstones)"
    )
    connection.execute(
        "update judged set key = null, value = null from blanked where judged.topic_id = blanked.topic_id "
        'and judged.partition = blanked.partition and judged."offset" = blanked."offset"'
    )
    return int(connection.execute("select count(*) from removed").fetchall()[0][0])
