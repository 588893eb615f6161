"""How batches lie in the file: whole row groups, written once."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import pytest

from consent.rewriting import rewrite
from consent.settings import Settings
from consent.warehouse import ROW_GROUP, open_warehouse
from ingestion.landing import Landing
from ingestion.source import Batch
from ingestion.topics import Topic
from tests.ingestion.events import encode, event

TOPIC = Topic("landing", UUID(int=1), (0,))
SMALL_GROUP = 2048  # DuckDB's smallest


def row_groups(path: Path) -> list[int]:
    """The rows of each, in their order."""
    with open_warehouse(path) as connection:
        return [
            rows
            for (rows,) in connection.execute(
                "select sum(count) from pragma_storage_info('raw.events') "
                "where column_name = 'kind' and segment_type <> 'VALIDITY' group by row_group_id order by row_group_id"
            ).fetchall()
        ]


def land(path: Path, *counts: int) -> None:
    """Batches of so many good events."""
    value, landing, first = encode(event()), Landing(path, TOPIC, lock_timeout=10), 0
    landing.positions({0: 0})
    for count in counts:
        batch = Batch(TOPIC, [0] * count, list(range(first, first + count)), [0] * count)
        batch.keys, batch.values = [None] * count, [value] * count
        batch.moved(0, first, first + count)
        assert landing.land(batch).accepted == count
        first += count
    landing.close()


def test_batches_of_more_than_one_and_a_half_row_groups_are_written_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consent.warehouse.ROW_GROUP", SMALL_GROUP)
    rest = SMALL_GROUP // 2 + 100
    land(tmp_path / "warehouse.duckdb", *[SMALL_GROUP + rest] * 4, 10)
    groups = row_groups(tmp_path / "warehouse.duckdb")
    assert groups[:7] == [SMALL_GROUP, rest] * 3 + [SMALL_GROUP]
    assert sum(groups) == 4 * (SMALL_GROUP + rest) + 10


def test_a_file_written_anew_keeps_the_size_of_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent.warehouse.ROW_GROUP", SMALL_GROUP)
    path = tmp_path / "warehouse.duckdb"
    land(path, 3 * SMALL_GROUP)
    rewrite(path, lock_timeout=10)
    assert row_groups(path) == [SMALL_GROUP] * 3


def test_small_batches_are_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent.warehouse.ROW_GROUP", SMALL_GROUP)
    land(tmp_path / "warehouse.duckdb", *[400] * 10)
    assert len(row_groups(tmp_path / "warehouse.duckdb")) < 5


def test_a_batch_by_default_is_large_enough_with_some_bad_records() -> None:
    assert Settings.model_fields["ingest_batch_rows"].default * 0.97 > 1.5 * ROW_GROUP
