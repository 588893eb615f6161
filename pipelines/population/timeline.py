"""Every record of the population, held by the day on which it was received, so that it can be made out of order."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter
from typing import NamedTuple

DAY_MS = 86_400_000


class Record(NamedTuple):
    """One Kafka record: its timestamp is the collector's time of receipt, in milliseconds since 1970 UTC."""

    key: bytes | None
    value: bytes
    timestamp_ms: int


class Timeline:
    """Records between `start_ms` and `end_ms`; what was received before the start is history, and comes first."""

    def __init__(self, start_ms: int, end_ms: int) -> None:
        self.start_ms, self.end_ms = start_ms, end_ms
        self._history: list[tuple[int, bytes | str | None, bytes | str]] = []
        self._days: list[list[tuple[int, bytes | str | None, bytes | str]]] = [
            [] for _ in range((end_ms - start_ms) // DAY_MS)
        ]

    def add(self, received_ms: int, key: bytes | str | None, value: bytes | str) -> None:
        """Hold a record; text is encoded as UTF-8 when its day comes. Raises IndexError past the end."""
        day = (received_ms - self.start_ms) // DAY_MS
        (self._history if day < 0 else self._days[day]).append((received_ms, key, value))

    def history(self) -> Iterator[Record]:
        """What was received before the first day."""
        return self._release(self._history)

    def day(self, day: int) -> Iterator[Record]:
        """What was received on a day, counted from 0."""
        return self._release(self._days[day])

    @staticmethod
    def _release(held: list[tuple[int, bytes | str | None, bytes | str]]) -> Iterator[Record]:
        """By time of receipt, ties as they were added; then it is let go."""
        held.sort(key=itemgetter(0))
        for received_ms, key, value in held:
            yield Record(
                key.encode() if isinstance(key, str) else key,
                value.encode() if isinstance(value, str) else value,
                received_ms,
            )
        held.clear()
