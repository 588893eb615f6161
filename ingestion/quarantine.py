"""Quarantine: the records set aside, and their way back through the decoder.

A record keeps its position for good, in quarantine or in `raw.events`, never in both. Nothing here shows or logs the
bytes of a record unless asked for them by name: they are personal data.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb
import pyarrow as pa

from consent.contract import COLUMNS
from consent.models import statement
from consent.warehouse import attached, open_existing, transaction
from ingestion.decoder import Decoder

log = logging.getLogger(__name__)

CHUNK_ROWS = 25_000
CHUNK_BYTES = 64 * 1024 * 1024
_EVENT_COLUMNS = ", ".join(f'"{name}"' for name, _ in COLUMNS)
_SAME_POSITION = (
    "raw.quarantine.topic = decoded.topic and raw.quarantine.topic_id = decoded.topic_id::uuid "
    'and raw.quarantine.partition = decoded.partition and raw.quarantine."offset" = decoded."offset"'
)


@dataclass(frozen=True)
class Position:
    """Where a record lies in Kafka."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic} {self.partition} {self.offset}"


@dataclass(frozen=True)
class Reason:
    """The records with one reason; first and last by Kafka's time."""

    reason: str
    records: int
    first_time: datetime
    first_position: Position
    last_time: datetime
    last_position: Position


@dataclass(frozen=True)
class Record:
    """One record, without its bytes; `size` is that of its value, None for a tombstone."""

    topic: str
    topic_id: UUID
    partition: int
    offset: int
    kafka_timestamp: datetime
    reason: str
    size: int | None


@dataclass(frozen=True)
class Replay:
    """One attempt to decode a record again; `reason_after` is None where it was accepted."""

    topic_id: UUID
    replayed_at: datetime
    outcome: str
    reason_before: str
    reason_after: str | None
    product_version: str


@dataclass
class Replayed:
    """What a replay came to; `changes` counts records by (reason before, reason after or None)."""

    accepted: int = 0
    still_bad: int = 0
    changes: Counter[tuple[str, str | None]] = field(default_factory=Counter)


def reasons(
    connection: duckdb.DuckDBPyConnection, *, reason: str | None = None, since: datetime | None = None
) -> list[Reason]:
    """The quarantine by reason, most records first. `reason` may be how one begins: `not_json`, `missing site`."""
    rows = _select(connection, "quarantine_reasons", reason=reason, since=_naive(since))
    return [
        Reason(text, records, first, Position(**first_position), last, Position(**last_position))
        for text, records, first, first_position, last, last_position in rows
    ]


def records(
    connection: duckdb.DuckDBPyConnection, *, reason: str | None = None, since: datetime | None = None, limit: int
) -> list[Record]:
    """At most `limit` records, newest first."""
    return [
        Record(*row)
        for row in _select(connection, "quarantine_records", reason=reason, since=_naive(since), most=limit)
    ]


def at_position(connection: duckdb.DuckDBPyConnection, position: Position) -> list[tuple[Record, bytes | None]]:
    """The record there with its value; more than one where a topic has been made anew under the same name."""
    rows = _select(
        connection, "quarantine_record", topic=position.topic, partition=position.partition, at=position.offset
    )
    return [(Record(*row[:-1]), row[-1]) for row in rows]


def replays_of(connection: duckdb.DuckDBPyConnection, position: Position) -> list[Replay]:
    """Every attempt to decode the record of this position again, oldest first."""
    rows = _select(connection, "replays", topic=position.topic, partition=position.partition, at=position.offset)
    return [Replay(*row) for row in rows]


def replay(
    path: Path,
    *,
    lock_timeout: float,
    reason: str | None = None,
    dry_run: bool = False,
    on_chunk: Callable[[Replayed], None] | None = None,
) -> Replayed:
    """Decode the quarantine again, exactly once: what is good now moves to `raw.events`, at its own position.

    Chunk by chunk, each in one transaction with its traces in `raw.replays`, so that it may be stopped at any moment
    and memory does not grow with the quarantine. The rest keeps its place under its present reason. A dry run counts
    and writes nothing. The warehouse is free for others between chunks. Raises WarehouseError.
    """
    with open_existing(path, lock_timeout=lock_timeout) as connection:
        chunks = _select(connection, "replay_chunks", reason=reason, rows=CHUNK_ROWS, bytes=CHUNK_BYTES)
    done = Replayed()
    with Decoder() as decoder:
        for topic, topic_id, partition, first_offset, last_offset in chunks:
            chunk = {
                "topic": topic,
                "topic_id": topic_id,
                "partition": partition,
                "first_offset": first_offset,
                "last_offset": last_offset,
                "reason": reason,
            }
            with attached(decoder.connection, path, lock_timeout=lock_timeout):
                changes = _replay_chunk(decoder, chunk, dry_run=dry_run)
            done.changes.update(changes)
            accepted = sum(count for (_, after), count in changes.items() if after is None)
            done.accepted += accepted
            done.still_bad += changes.total() - accepted
            log.info("decoded %d records of the quarantine again, %d are good now", changes.total(), accepted)
            if on_chunk:
                on_chunk(done)
    return done


def _replay_chunk(decoder: Decoder, chunk: dict[str, Any], *, dry_run: bool) -> Counter[tuple[str, str | None]]:
    connection = decoder.connection
    batch: pa.Table = connection.sql(statement("landing.replay_batch").text, params=chunk).to_arrow_table()
    decoder.decode(batch.drop_columns(["reason"]))
    connection.register("replayed", batch)
    try:
        if not dry_run:
            with transaction(connection):
                _move(connection)
        counted = connection.execute(
            "select replayed.reason, decoded.reason, count(*) from decoded "
            'join replayed using (topic, topic_id, partition, "offset") group by all'
        ).fetchall()
    finally:
        connection.unregister("replayed")
    return Counter({(before, after): count for before, after, count in counted})


def _move(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        'insert into raw.replays (replayed_at, topic, topic_id, partition, "offset", outcome, reason_before, '
        "reason_after, product_version) "
        'select ?, topic, topic_id, partition, "offset", '
        "case when decoded.reason is null then 'accepted' else 'still_bad' end, replayed.reason, decoded.reason, ? "
        'from decoded join replayed using (topic, topic_id, partition, "offset")',
        [datetime.now(UTC).replace(tzinfo=None), version("consent-analytics")],
    )
    connection.execute(
        f"insert into raw.events ({_EVENT_COLUMNS}) select {_EVENT_COLUMNS} from decoded where reason is null"  # noqa: S608
    )
    connection.execute(
        f"delete from raw.quarantine using decoded where {_SAME_POSITION} and decoded.reason is null"  # noqa: S608
    )
    connection.execute(
        f"update raw.quarantine set reason = decoded.reason from decoded where {_SAME_POSITION} "  # noqa: S608
        "and decoded.reason is not null and raw.quarantine.reason is distinct from decoded.reason"
    )


def _select(connection: duckdb.DuckDBPyConnection, name: str, **values: Any) -> list[tuple[Any, ...]]:
    return connection.execute(statement(f"landing.{name}").text, values).fetchall()


def _naive(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None
