"""Bytes as records of a topic: what is landed where no Kafka is to be measured."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from uuid import UUID

from ingestion.source import Batch, OnAssigned, OnRevoked
from ingestion.topics import Topic

TOPIC = Topic("bench", UUID(int=1), (0,))
_TIME = 1_790_000_000_000
_BUFFER = 250_000


def fill(batch: Batch, values: Sequence[bytes], first: int) -> None:
    """Append these values, without keys, as the records of partition 0 from offset `first` on."""
    after = first + len(values)
    batch.partitions += [0] * len(values)
    batch.offsets += range(first, after)
    batch.timestamps_ms += [_TIME] * len(values)
    batch.keys += [None] * len(values)
    batch.values += values
    batch.size += sum(map(len, values))
    batch.moved(0, first, after)


class MemorySource:
    """`Source` over the lines of a file; read as they are needed, to hold no more memory."""

    topic = TOPIC

    def __init__(self, events: Path) -> None:
        self._file = events.open("rb", _BUFFER)
        self._position = 0
        self._is_paused = False
        self._is_over = False

    def partitions(self) -> tuple[int, ...]:
        """One."""
        return self.topic.partitions

    def offsets(self) -> tuple[dict[int, int], dict[int, int]]:
        """As far as it is known: at least one more, until the file has ended."""
        return {0: 0}, {0: self._position + (not self._is_over)}

    def assign(self, positions: Mapping[int, int]) -> None:
        """Begin at the beginning, where a new warehouse does."""

    def join(self, group: str, on_assigned: OnAssigned, on_revoked: OnRevoked) -> None:
        """Nobody shares a file."""
        raise NotImplementedError("a run that reads to the end joins no group")

    def poll_into(self, batch: Batch, *, timeout: float, max_records: int) -> int:
        """The next lines."""
        values = [] if self._is_paused else list(islice(self._file, max_records))
        if not values:
            self._is_over = self._is_over or not self._is_paused
            time.sleep(min(timeout, 0.01))
            return 0
        fill(batch, values, self._position)
        self._position += len(values)
        return len(values)

    def pause(self) -> None:
        """Bring nothing more until `resume`."""
        self._is_paused = True

    def resume(self) -> None:
        """Go on."""
        self._is_paused = False

    def mirror(self, positions: Mapping[int, int]) -> None:
        """Nobody looks."""

    def close(self) -> None:
        """Close the file."""
        self._file.close()
