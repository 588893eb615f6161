"""Verifying: each consumed offset lies in the warehouse once: as an event, in quarantine, or as a known gap."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import duckdb

from consent.models import statement

_PROBLEMS = {
    "hole": "offset {} was consumed and is nowhere",
    "repeat": "offset {} is there more than once",
    "outside": "offset {} is there though it was never consumed",
    "offsets": "raw.offsets has more than one row for it (from offset {} on)",
}


@dataclass(frozen=True)
class Verified:
    """One partition: what was consumed (`first_offset` to `next_offset` - 1) and where it lies.

    `problem` is None where all adds up, else hole | repeat | outside | offsets, and `problem_offset` the first such.
    """

    topic: str
    topic_id: UUID
    partition: int
    first_offset: int
    next_offset: int
    accepted: int
    quarantined: int
    gap_offsets: int
    problem: str | None
    problem_offset: int | None

    @property
    def consumed(self) -> int:
        """How many offsets were consumed."""
        return self.next_offset - self.first_offset

    @property
    def explanation(self) -> str | None:
        """The problem in words, with topic, partition and offset; None where there is none."""
        if self.problem is None:
            return None
        what = _PROBLEMS[self.problem].format(self.problem_offset)
        return f"{self.topic} partition {self.partition}: {what} (topic id {self.topic_id})"


def verify(connection: duckdb.DuckDBPyConnection) -> list[Verified]:
    """Check every partition ever read, in order of topic, topic id and partition. Reads only."""
    return [Verified(*row) for row in connection.execute(statement("landing.verify").text).fetchall()]
