"""Landing: one batch, its bad records, its gaps and its offsets, in one transaction."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from consent.contract import COLUMNS, POSITION
from consent.errors import OffsetConflict, WarehouseError
from consent.removal import note_gaps
from consent.warehouse import attached, open_warehouse, transaction
from ingestion.decoder import Decoder
from ingestion.erased import drop_erased
from ingestion.source import Batch
from ingestion.topics import Topic

_EVENT_COLUMNS = ", ".join(f'"{name}"' for name, _ in COLUMNS)
_QUARANTINE_COLUMNS = ", ".join(f'"{name}"' for name in (*(name for name, _ in POSITION), "key", "value", "reason"))
_NOT_REMOVED = 'anti join removed using (topic_id, "partition", "offset")'


@dataclass(frozen=True)
class Gap:
    """Offsets `first` to `next` - 1 of a partition that hold no record to read.

    `cause` is `retention` where the broker deleted them before they were read, which is a loss; `skipped` where there
    was never anything to read: a transaction's marker, an aborted record, one that compaction took. In the warehouse
    there are also `erased` and `purged`: what an erasure or a purge removed, or kept from landing.
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
    """What one batch became; `seconds` by stage (lock, decode, commit). `erased` were dropped, as their people are."""

    accepted: int = 0
    erased: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Decoded:
    """A batch on its way: decoded, and not committed yet. `landed` is what it becomes if it is."""

    batch: Batch
    decoder: Decoder
    landed: Landed


class Landing:
    """Puts batches of one topic into the warehouse, exactly once.

    Everything of a batch commits together, and only where the stored offset of each of its partitions is still the
    one the batch starts from: else another process has been here, and the batch is dropped whole (OffsetConflict).
    One batch may be decoded while the one before it is committed, in two threads. `threads` is how many of DuckDB's
    each of the two may use; None: as many as there are cores.
    """

    def __init__(self, path: Path, topic: Topic, *, lock_timeout: float, threads: int | None = None) -> None:
        self._path = path
        self._topic = topic
        self._lock_timeout = lock_timeout
        self._threads = threads
        self._idle: list[Decoder] = []

    def prepare(self) -> None:
        """Make the decoders now, one to decode and one to commit with, while the first batch is being read."""
        self._idle += [Decoder(self._threads), Decoder(self._threads)]

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
        """Decode and commit the batch. Raises OffsetConflict, and WarehouseError where a retry may help."""
        return self.commit(self.decode(batch))

    def decode(self, batch: Batch) -> Decoded:
        """Decode the batch; what this gives is for `commit`, once. Raises WarehouseError where a retry may help."""
        started = time.monotonic()
        landed = Landed(gaps=list(gaps_of(batch)))
        with self._decoder() as decoder:
            decoder.decode(batch.to_arrow())
            landed.quarantined = dict(
                decoder.connection.execute(
                    "select reason, count(*) from judged where reason is not null group by reason"
                ).fetchall()
            )
        landed.accepted = len(batch) - sum(landed.quarantined.values())
        landed.seconds["decode"] = time.monotonic() - started
        return Decoded(batch, decoder, landed)

    def commit(self, decoded: Decoded) -> Landed:
        """Commit what `decode` gave. Raises OffsetConflict, and WarehouseError where a retry may help: of `land`."""
        landed = decoded.landed
        with self._decoder(decoded.decoder) as decoder:
            asked = time.monotonic()
            with attached(decoder.connection, self._path, lock_timeout=self._lock_timeout):
                started = time.monotonic()
                landed.erased = drop_erased(decoder.connection, self._path.parent)
                landed.accepted -= landed.erased
                with transaction(decoder.connection):
                    self._insert(decoder.connection, decoded)
            landed.seconds |= {"lock": started - asked, "commit": time.monotonic() - started}
            decoder.clear()
        self._idle.append(decoder)
        return landed

    @contextlib.contextmanager
    def _decoder(self, decoder: Decoder | None = None) -> Iterator[Decoder]:
        """A decoder to work with. After an error, of a full disk, say, it may be of no more use, and is closed."""
        decoder = decoder or (self._idle.pop() if self._idle else Decoder(self._threads))
        try:
            yield decoder
        except BaseException as error:
            decoder.close()
            if isinstance(error, duckdb.Error):
                raise WarehouseError(f"{self._path}: {str(error).strip().partition(chr(10))[0]}") from None
            raise

    def _insert(self, connection: duckdb.DuckDBPyConnection, decoded: Decoded) -> None:
        self._move_offsets(connection, decoded.batch)
        self._insert_gaps(connection, decoded.landed.gaps)
        if decoded.landed.erased:
            note_gaps(connection, "erased")
        connection.execute(
            f"insert into raw.events ({_EVENT_COLUMNS}) "  # noqa: S608
            f"select {_EVENT_COLUMNS} from decoded {_NOT_REMOVED if decoded.landed.erased else ''} where reason is null"
        )
        if decoded.landed.quarantined:
            connection.execute(
                f"insert into raw.quarantine ({_QUARANTINE_COLUMNS}) "  # noqa: S608
                f"select {_QUARANTINE_COLUMNS} from judged where reason is not null"
            )

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
        """Free the decoders."""
        for decoder in self._idle:
            decoder.close()


def gaps_of(batch: Batch) -> Iterable[Gap]:
    """The runs of offsets between where the batch starts and ends that none of its records has."""
    if sum(batch.positions.values()) - sum(batch.first.values()) == len(batch):
        return
    offsets: dict[int, list[int]] = {partition: [] for partition in batch.positions}
    for record in batch.to_arrow().select(["partition", "offset"]).to_pylist():
        offsets[record["partition"]].append(record["offset"])
    for partition, present in offsets.items():
        due = batch.first[partition]
        cause = "retention" if partition in batch.lost else "skipped"
        for offset in (*present, batch.positions[partition]):
            if offset > due:
                yield Gap(partition, due, offset, cause)
            due = offset + 1


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
