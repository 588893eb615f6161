"""Erasing a person: every record of theirs goes, and a keyed hash keeps what Kafka still has from coming back.

Here is what happens in the warehouse; `pipelines.erasing` also sees to the files, the marts and the bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from consent import proof
from consent.removal import check_refreshed, choose, remove_events
from consent.restrictions import lift, restrict
from consent.signing import SigningKey
from consent.subjects import SubjectKey

_WHOSE = "subject = $subject and ($site = '' or site = $site)"
# A record in quarantine may be anything: it names the person where their id is in it, and another site only if it is
# JSON that says so.
_NAMES = (
    "(contains(value::varchar, $subject) or contains(key::varchar, $subject)) and ($site = '' or "
    "coalesce(json_extract_string(try_cast(try(decode(value)) as json), '$.site'), $site) = $site)"
)


@dataclass(frozen=True)
class Erased:
    """How many records went: events, decisions among them, bad records emptied; and how many decisions were kept."""

    events: int
    decisions: int
    quarantined: int
    kept_decisions: int


def erase(
    connection: duckdb.DuckDBPyConnection,
    subject: str,
    subject_key: SubjectKey,
    *,
    site: str = "",
    keep_proof: bool = False,
    key: SigningKey | None = None,
) -> Erased:
    """Delete the person's records, at one site or at all, and leave a tombstone.

    With `keep_proof` their decisions stay, restricted: nothing uses them any more. Bad records keep position and
    reason, without key and value. A refresh before it and one after it keep all rates as they were. Raises
    WarehouseError, and does nothing, without the one before.
    """
    check_refreshed(connection)
    proof.seal(connection, key)
    whose = {"subject": subject, "site": site}
    connection.execute(
        "delete from raw.tombstones where subject_hash = $hash and site = $site",
        {"hash": subject_key.hash(subject), "site": site},
    )
    connection.execute(
        "insert into raw.tombstones values ($hash, $site, $now)",
        {"hash": subject_key.hash(subject), "site": site, "now": datetime.now(UTC).replace(tzinfo=None)},
    )
    choose(
        connection,
        f'select topic, topic_id, partition, "offset" from raw.events where {_WHOSE}',  # noqa: S608
        whose,
    )
    removed = remove_events(connection, "erased", key, but_decisions=keep_proof)
    emptied = connection.execute(
        f"update raw.quarantine set key = null, value = null where {_NAMES} returning partition",  # noqa: S608
        whose,
    ).fetchall()
    [(kept,)] = connection.execute(f"select count(*) from raw.events where {_WHOSE}", whose).fetchall()  # noqa: S608
    if kept:
        restrict(connection, subject, site)
    else:
        lift(connection, subject, site)
    return Erased(removed.events, removed.decisions, len(emptied), kept)


def is_erased(connection: duckdb.DuckDBPyConnection, subject_hash: str) -> bool:
    """Whether there is a tombstone of this person, for any site."""
    found = connection.execute("select count(*) from raw.tombstones where subject_hash = ?", [subject_hash]).fetchall()
    return bool(found[0][0])
