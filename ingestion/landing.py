"""Landing: one batch, its bad records and its offsets, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from consent.contract import COLUMNS, POSITION
from consent.errors import OffsetConflict
from consent.warehouse import attached, open_warehouse, transaction
from ingestion.decoder import Decoder
from ingestion.source import Batch
from ingestion.topics import Topic

_EVENT_COLUMNS = ", ".join(f'"{name}"' for name, _ in COLUMNS)
_QUARANTINE_COLUMNS = ", ".join(f'"{name}"' for name in (*(name for name, _ in POSITION), "key", "value", "reason"))


@dataclass(frozen=True)
class Landed:
    """What one batch became."""

    accepted: int
    quarantined: int


@dataclass(frozen=True)
class Gap:
    """Offsets `first` to `next` − 1 that the broker no longer had when they were due."""

    partition: int
    first: int
    next: int


class Landing:
    """Puts batches of one topic into the warehouse, exactly once.

    Rows, quarantined records and next offsets commit together, and only where the stored offset is still the one
    the batch starts from: else another process has been here, and the batch is dropped whole (OffsetConflict).
    """

    def __init__(self, path: Path, topic: Topic, *, lock_timeout: float) -> None:
        self._path = path
        self._topic = topic
        self._lock_timeout = lock_timeout
        self._decoder = Decoder()

    def positions(self) -> dict[int, int]:
        """The next offset of each partition this topic has been read to."""
        with open_warehouse(self._path, lock_timeout=self._lock_timeout) as connection:
            rows = connection.execute(
                "select partition, next_offset from raw.offsets where topic = ? and topic_id = ?",
                [self._topic.name, self._topic.topic_id],
            ).fetchall()
        return dict(rows)

    def start(self, stored: dict[int, int], first: dict[int, int]) -> tuple[dict[int, int], list[Gap]]:
        """Where to read on, given what is stored and the first offset the broker still has, and what that skips."""
        gaps = [Gap(p, stored[p], offset) for p, offset in first.items() if stored.get(p, offset) < offset]
        begin = {p: max(stored.get(p, offset), offset) for p, offset in first.items()}
        now = _now()
        with (
            open_warehouse(self._path, lock_timeout=self._lock_timeout) as connection,
            transaction(connection),
        ):
            for gap in gaps:
                connection.execute(
                    "insert into raw.offset_gaps values (?, ?, ?, ?, ?, ?)",
                    [self._topic.name, self._topic.topic_id, gap.partition, gap.first, gap.next, now],
                )
                connection.execute(
                    "update raw.offsets set next_offset = ? where topic = ? and topic_id = ? and partition = ?",
                    [gap.next, self._topic.name, self._topic.topic_id, gap.partition],
                )
            for partition in begin.keys() - stored.keys():
                offset = begin[partition]
                connection.execute(
                    "insert into raw.offsets values (?, ?, ?, ?, ?, ?)",
                    [self._topic.name, self._topic.topic_id, partition, offset, offset, now],
                )
        return begin, gaps

    def land(self, batch: Batch, expected: dict[int, int]) -> Landed:
        """Commit the batch. `expected` is the stored offset of each of its partitions. Raises OffsetConflict."""
        self._decoder.decode(batch.to_arrow())
        connection = self._decoder.connection
        with (
            attached(connection, self._path, lock_timeout=self._lock_timeout),
            transaction(connection),
        ):
            for partition, position in batch.positions.items():
                moved = connection.execute(
                    "update raw.offsets set next_offset = ?, committed_at = ? "
                    "where topic = ? and topic_id = ? and partition = ? and next_offset = ? returning partition",
                    [position, _now(), self._topic.name, self._topic.topic_id, partition, expected[partition]],
                ).fetchall()
                if not moved:
                    raise OffsetConflict(
                        f"{self._topic.name} partition {partition}: expected the stored offset {expected[partition]}, "
                        "but another process has moved it; the batch was dropped"
                    )
            accepted = connection.execute(
                f"insert into raw.events ({_EVENT_COLUMNS}) select {_EVENT_COLUMNS} from decoded where reason is null"  # noqa: S608
            ).fetchall()[0][0]
            quarantined = connection.execute(
                f"insert into raw.quarantine ({_QUARANTINE_COLUMNS}) "  # noqa: S608
                f"select {_QUARANTINE_COLUMNS} from decoded where reason is not null"
            ).fetchall()[0][0]
        return Landed(accepted, quarantined)

    def close(self) -> None:
        """Free the decoder."""
        self._decoder.close()


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
