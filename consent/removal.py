"""Removing events: their records go, and what may be kept of them stays: counts, the proof's leaves, their offsets.

Erasure and purges both end here. What is to go is in the temp table `removed` (topic, topic_id, partition, offset).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

import duckdb

from consent import changes, proof
from consent.errors import WarehouseError
from consent.models import statement
from consent.signing import SigningKey
from consent.warehouse import transaction

_REMOVED = 'create or replace temp table removed (topic varchar, topic_id uuid, partition integer, "offset" bigint)'
_SAME_POSITION = (
    "raw.events.topic_id = removed.topic_id and raw.events.partition = removed.partition "
    'and raw.events."offset" = removed."offset"'
)
# data_quality goes last: what stays, though out of use, still counts there.
_KEPT = ("prompts", "answers", "funnel", "replays", "coverage", "changes", "grants", "data_quality")
_FORGET_HOURS = 'update kept.{} set "hour" = null where "date" <= (select as_of::date - 14 from staging.run)'


@dataclass(frozen=True)
class Removed:
    """How many events went, how many of them were decisions, and of which UTC days of the event time they were."""

    events: int
    decisions: int
    days: list[date]


def remove_events(
    connection: duckdb.DuckDBPyConnection, cause: str, key: SigningKey | None, *, but_decisions: bool = False
) -> Removed:
    """Remove them for good from `raw.events`, in one transaction, and mark their days for the next refresh.

    `but_decisions`: decisions among them are counted like the others, since they go out of use, and stay.

    What the marts counted of them becomes counts in `kept`, as of the last refresh: run one before, and one after. The
    offsets become gaps of that cause (`erased`, `purged`). The bytes go with `consent.rewriting.rewrite`. Raises
    WarehouseError where something was removed since the last refresh: its counts would be kept twice.
    """
    check_refreshed(connection)
    connection.execute(f"create or replace temp table gone as {statement('kept.events').text}")
    for name in _KEPT:
        if but_decisions and name == "data_quality":
            _spare_decisions(connection)
        connection.execute(f"create or replace temp table kept_{name} as {statement(f'kept.{name}').text}")
    connection.execute("drop table gone")
    decisions = proof.prepare_removal(connection, cause)
    [(events,)] = connection.execute("select count(*) from removed").fetchall()
    days = [
        day
        for (day,) in connection.execute(
            'select distinct "date" from staging.received semi join removed using (topic_id, partition, "offset") '
            "union select distinct unnest([occurred_at::date, coalesce(received_at, kafka_timestamp)::date]) "
            'from raw.events semi join removed using (topic_id, partition, "offset") order by 1'
        ).fetchall()
    ]
    with transaction(connection):
        for name in _KEPT:
            connection.execute(f"insert into kept.{name} by name from kept_{name}")
        for name in ("prompts", "answers"):
            connection.execute(_FORGET_HOURS.format(name))
        proof.remove(connection, key)
        note_gaps(connection, cause)
        connection.execute(f"delete from raw.events using removed where {_SAME_POSITION}")  # noqa: S608
        changes.mark(connection, days)
    return Removed(events, decisions, days)


def check_refreshed(connection: duckdb.DuckDBPyConnection) -> None:
    """Raises WarehouseError where the models still count what was removed."""
    if changes.is_marked(connection):
        raise WarehouseError("records were removed since the last refresh; run `consent refresh` before removing more")


def _spare_decisions(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        f"delete from removed using raw.events where {_SAME_POSITION} and raw.events.kind = 'decision'"  # noqa: S608
    )


def choose(connection: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, object]) -> int:
    """Fill `removed` with what a query of ours returns; how many rows."""
    connection.execute(_REMOVED)
    connection.execute(f"insert into removed {query}", dict(values))
    return int(connection.execute("select count(*) from removed").fetchall()[0][0])


def note_gaps(connection: duckdb.DuckDBPyConnection, cause: str) -> None:
    """Note that the offsets in `removed` hold nothing any more, in as few runs as there are."""
    connection.execute(
        """
        insert into raw.offset_gaps
        select topic, topic_id, partition, min("offset"), max("offset") + 1, ?, ?
        from (
            select *, "offset" - row_number() over (partition by topic, topic_id, partition order by "offset") as run
            from removed
        )
        group by topic, topic_id, partition, run
        """,
        [cause, datetime.now(UTC).replace(tzinfo=None)],
    )
