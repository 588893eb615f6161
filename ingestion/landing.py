"""Landing: one batch, its bad records, its gaps and its offsets, in one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from consent.contract import COLUMNS, POSITION
from consent.errors import OffsetConflict, WarehouseError
from consent.warehouse import attached, open_warehouse, transaction
from ingestion.decoder import Decoder
from ingestion.source import Batch
from ingestion.topics import Topic

_EVENT_COLUMNS = ", ".join(f'"{name}"' for name, _ in COLUMNS)
_QUARANTINE_COLUMNS = ", ".join(f'"{name}"' for name in (*(name for name, _ in POSITION), "key", "value", "reason"))


@dataclass(frozen=True)
class Gap:
    """Offsets `first` to `next` - 1 of a partition that hold no record to read.

    `cause` is `retention` where the broker deleted them before they were read, which is a loss; `skipped` where there
    was never anything to read: a transaction's marker, an aborted record, one that compaction took.
    """

    partition: int
    first: int
    next: int
    cause: str

    @property
    def offsets(self) -> int:
        """How many."""
        return self.next - self.first


@dataclass
class Landed:
    """What one batch became; `seconds` by stage (lock, decode, commit)."""

    accepted: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


class Landing:
    """Puts batches of one topic into the warehouse, exactly once.

    Everything of a batch commits together, and only where the stored offset of each of its partitions is still the
    one the batch starts from: else another process has been here, and the batch is dropped whole (OffsetConflict).
    """

    def __init__(self, path: Path, topic: Topic, *, lock_timeout: float) -> None:
        self._path = path
        self._topic = topic
        self._lock_timeout = lock_timeout
        self._decoder = Decoder()

    def positions(self, first: Mapping[int, int]) -> dict[int, int]:
        """Where to read each of these partitions on: the stored offset, or the given first, which is then stored."""
        with open_warehouse(self._path, lock_timeout=self._lock_timeout) as connection, transaction(connection):
            stored = self._stored(connection)
            new = {partition: offset for partition, offset in first.items() if partition not in stored}
            for partition, offset in new.items():
                connection.execute(
                    "insert into raw.offsets values (?, ?, ?, ?, ?, ?)",
                    [self._topic.name, self._topic.topic_id, partition, offset, offset, _now()],
                )
        return {partition: stored.get(partition, offset) for partition, offset in first.items()}

    def _stored(self, connection: duckdb.DuckDBPyConnection) -> dict[int, int]:
        rows = connection.execute(
            "select partition, next_offset from raw.offsets where topic = ? and topic_id = ?",
            [self._topic.name, self._topic.topic_id],
        ).fetchall()
        return dict(rows)

    def land(self, batch: Batch) -> Landed:
        """Commit the batch. Raises OffsetConflict, and WarehouseError where a retry may help."""
        landed = Landed(gaps=list(gaps_of(batch)))
        try:
            started = time.monotonic()
            self._decoder.decode(batch.to_arrow())
            landed.seconds["decode"] = time.monotonic() - started
            self._commit(batch, landed)
        except duckdb.Error as error:
            # A disk that is full, say. The connection may be of no more use, so the next try has another.
            self._decoder.close()
            self._decoder = Decoder()
            raise WarehouseError(f"{self._path}: {str(error).strip().partition(chr(10))[0]}") from None
        return landed

    def _commit(self, batch: Batch, landed: Landed) -> None:
        connection = self._decoder.connection
        asked = time.monotonic()
        with attached(connection, self._path, lock_timeout=self._lock_timeout):
            started = time.monotonic()
            with transaction(connection):
                self._move_offsets(connection, batch)
                self._insert_gaps(connection, landed.gaps)
                [(landed.accepted,)] = connection.execute(
                    f"insert into raw.events ({_EVENT_COLUMNS}) "  # noqa: S608
                    f"select {_EVENT_COLUMNS} from decoded where reason is null"
                ).fetchall()
                connection.execute(
                    f"insert into raw.quarantine ({_QUARANTINE_COLUMNS}) "  # noqa: S608
                    f"select {_QUARANTINE_COLUMNS} from decoded where reason is not null"
                )
                landed.quarantined = dict(
                    connection.execute(
                        "select reason, count(*) from decoded where reason is not null group by reason"
                    ).fetchall()
                )
        landed.seconds |= {"lock": started - asked, "commit": time.monotonic() - started}

    def _move_offsets(self, connection: duckdb.DuckDBPyConnection, batch: Batch) -> None:
        for partition, position in batch.positions.items():
            moved = connection.execute(
                "update raw.offsets set next_offset = ?, committed_at = ? "
                "where topic = ? and topic_id = ? and partition = ? and next_offset = ? returning partition",
                [position, _now(), self._topic.name, self._topic.topic_id, partition, batch.first[partition]],
            ).fetchall()
            if not moved:
                raise OffsetConflict(
                    f"{self._topic.name} partition {partition}: expected the stored offset {batch.first[partition]}, "
                    "but another process has moved it; the batch was dropped"
                )

    def _insert_gaps(self, connection: duckdb.DuckDBPyConnection, gaps: Iterable[Gap]) -> None:
        for gap in gaps:
            connection.execute(
                "insert into raw.offset_gaps values (?, ?, ?, ?, ?, ?, ?)",
                [self._topic.name, self._topic.topic_id, gap.partition, gap.first, gap.next, gap.cause, _now()],
            )

    def has_landed(self, batch: Batch) -> bool:
        """Whether a commit whose answer got lost has happened all the same."""
        with open_warehouse(self._path, lock_timeout=self._lock_timeout) as connection:
            stored = self._stored(connection)
        return all(stored.get(partition) == position for partition, position in batch.positions.items())

    def close(self) -> None:
        """Free the decoder."""
        self._decoder.close()


def gaps_of(batch: Batch) -> Iterable[Gap]:
    """The runs of offsets between where the batch starts and ends that none of its records has."""
    if sum(batch.positions.values()) - sum(batch.first.values()) == len(batch):
        return
    offsets: dict[int, list[int]] = {partition: [] for partition in batch.positions}
    for partition, offset in zip(batch.partitions, batch.offsets, strict=True):
        offsets[partition].append(offset)
    for partition, present in offsets.items():
        due = batch.first[partition]
        cause = "retention" if partition in batch.lost else "skipped"
        for offset in (*present, batch.positions[partition]):
            if offset > due:
                yield Gap(partition, due, offset, cause)
            due = offset + 1


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
