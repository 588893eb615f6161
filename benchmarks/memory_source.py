"""A file's lines as a topic: what ingest reads where no Kafka is to be measured."""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from uuid import UUID

from ingestion.source import Batch, OnAssigned, OnRevoked
from ingestion.topics import Topic

_TIME = 1_790_000_000_000
_BUFFER = 250_000


class MemorySource:
    """`Source` over the `count` lines of a file, in partition 0; read as they are needed, to hold no more memory."""

    def __init__(self, events: Path, count: int) -> None:
        self.topic = Topic("bench", UUID(int=1), (0,))
        self._file = events.open("rb", _BUFFER)
        self._count = count
        self._position = 0
        self._is_paused = False

    def partitions(self) -> tuple[int, ...]:
        """One."""
        return self.topic.partitions

    def offsets(self) -> tuple[dict[int, int], dict[int, int]]:
        """All of the file."""
        return {0: 0}, {0: self._count}

    def assign(self, positions: Mapping[int, int]) -> None:
        """Begin at the beginning, where a new warehouse does."""

    def join(self, group: str, on_assigned: OnAssigned, on_revoked: OnRevoked) -> None:
        """There is no group."""
        raise NotImplementedError

    def poll_into(self, batch: Batch, *, timeout: float, max_records: int) -> int:
        """The next lines."""
        values = [] if self._is_paused else list(islice(self._file, max_records))
        if not values:
            time.sleep(min(timeout, 0.01))
            return 0
        before, self._position = self._position, self._position + len(values)
        batch.partitions += [0] * len(values)
        batch.offsets += range(before, self._position)
        batch.timestamps_ms += [_TIME] * len(values)
        batch.keys += [None] * len(values)
        batch.values += values
        batch.size += sum(map(len, values))
        batch.moved(0, before, self._position)
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
