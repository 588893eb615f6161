"""A warehouse whose quarantine holds what an older product refused, though this one would not."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID

from consent.warehouse import open_warehouse

TOPIC, TOPIC_ID = "consent.events", UUID(int=7)
OLD_REASON = "not_allowed kind: expected one of the old kinds"


def quarantined(
    path: Path, values: list[bytes | None], *, partition: int = 0, reason: str = OLD_REASON, topic_id: UUID = TOPIC_ID
) -> None:
    """Put the values aside as offsets 0, 1, … of a partition, a minute apart, with the offsets that belong to it."""
    with open_warehouse(path) as connection:
        connection.execute(
            "insert into raw.quarantine "
            "select ?, ?, ?, place - 1, ?::timestamp + to_minutes(place - 1), 'a-key'::blob, values[place], ? "
            "from (select unnest(range(1, len(?::blob[]) + 1)) as place, ?::blob[] as values)",
            [TOPIC, topic_id, partition, datetime(2026, 10, 1), reason, values, values],
        )
        connection.execute(
            "insert into raw.offsets (topic, topic_id, partition, first_offset, next_offset) values (?, ?, ?, 0, ?)",
            [TOPIC, topic_id, partition, len(values)],
        )
