"""Verifying, compared with a count of every offset one by one."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from uuid import UUID

import duckdb
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from consent.verify import Verified, verify
from consent.warehouse import create_schema

TOPIC, TOPIC_ID = "consent.events", UUID(int=7)


@pytest.fixture
def connection() -> duckdb.DuckDBPyConnection:
    return memory()


def memory() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    create_schema(made)
    return made


def put(connection: duckdb.DuckDBPyConnection, table: str, offsets: list[int], partition: int = 0) -> None:
    if offsets:
        connection.execute(
            f'insert into raw.{table} (topic, topic_id, partition, "offset") select ?, ?, ?, unnest(?::bigint[])',
            [TOPIC, TOPIC_ID, partition, offsets],
        )


def consumed(connection: duckdb.DuckDBPyConnection, first: int, following: int, partition: int = 0) -> None:
    connection.execute(
        "insert into raw.offsets (topic, topic_id, partition, first_offset, next_offset) values (?, ?, ?, ?, ?)",
        [TOPIC, TOPIC_ID, partition, first, following],
    )


def gap(connection: duckdb.DuckDBPyConnection, first: int, following: int, partition: int = 0) -> None:
    connection.execute(
        "insert into raw.offset_gaps (topic, topic_id, partition, first_offset, next_offset) values (?, ?, ?, ?, ?)",
        [TOPIC, TOPIC_ID, partition, first, following],
    )


def only(connection: duckdb.DuckDBPyConnection) -> Verified:
    (found,) = verify(connection)
    return found


def test_what_adds_up(connection: duckdb.DuckDBPyConnection) -> None:
    consumed(connection, 10, 500)
    put(connection, "events", [*range(10, 130), *range(140, 400), *range(410, 500)])
    put(connection, "quarantine", list(range(130, 140)))
    gap(connection, 400, 410)
    found = only(connection)
    assert (found.consumed, found.accepted, found.quarantined, found.gap_offsets) == (490, 470, 10, 10)
    assert found.problem is None
    assert found.explanation is None


def test_nothing_read_yet(connection: duckdb.DuckDBPyConnection) -> None:
    assert verify(connection) == []
    consumed(connection, 0, 0)
    assert only(connection).problem is None


@pytest.mark.parametrize(
    ("events", "quarantined", "gaps", "problem"),
    [
        ([*range(64), *range(65, 200)], [], [], ("hole", 64)),
        ([*range(1, 200)], [], [], ("hole", 0)),
        ([*range(199)], [], [], ("hole", 199)),
        ([*range(64), *range(128, 200)], [], [], ("hole", 64)),
        ([], [], [], ("hole", 0)),
        ([*range(200), 77], [], [], ("repeat", 77)),
        ([*range(200)], [128], [], ("repeat", 128)),
        ([*range(200), *range(64, 128)], [], [], ("repeat", 64)),
        ([*range(201)], [], [], ("outside", 200)),
        ([*range(200), 1000], [], [], ("outside", 1000)),
        ([*range(200)], [], [(50, 60)], ("repeat", 50)),
        ([*range(190)], [], [(190, 210)], ("outside", 200)),
        ([*range(50), *range(150, 200)], [], [(50, 140)], ("hole", 140)),
        ([*range(10), *range(11, 20), *range(19, 200)], [], [], ("hole", 10)),
    ],
)
def test_the_first_problem_is_named(
    connection: duckdb.DuckDBPyConnection,
    events: list[int],
    quarantined: list[int],
    gaps: list[tuple[int, int]],
    problem: tuple[str, int],
) -> None:
    consumed(connection, 0, 200)
    put(connection, "events", events)
    put(connection, "quarantine", quarantined)
    for first, following in gaps:
        gap(connection, first, following)
    found = only(connection)
    assert (found.problem, found.problem_offset) == problem
    assert found.explanation
    assert f"{TOPIC} partition 0: offset {problem[1]} " in found.explanation


def test_rows_of_a_partition_without_offsets_are_named(connection: duckdb.DuckDBPyConnection) -> None:
    consumed(connection, 0, 1)
    put(connection, "events", [0])
    put(connection, "events", [5], partition=1)
    assert [(one.partition, one.problem) for one in verify(connection)] == [(0, None), (1, "outside")]


def test_two_rows_of_offsets_for_one_partition_are_named(connection: duckdb.DuckDBPyConnection) -> None:
    consumed(connection, 0, 5)
    consumed(connection, 0, 3)
    put(connection, "events", [0, 1, 2, 3, 4])
    assert only(connection).problem == "offsets"


RANGES = st.tuples(st.integers(0, 220), st.integers(0, 140)).map(lambda r: (r[0], min(r[0] + r[1], 220)))


@examples(max_examples=150, deadline=None)
@given(
    bounds=RANGES,
    events=st.lists(RANGES, max_size=4),
    quarantined=st.lists(RANGES, max_size=2),
    gaps=st.lists(RANGES, max_size=2),
)
def test_it_agrees_with_counting_one_by_one(
    bounds: tuple[int, int],
    events: list[tuple[int, int]],
    quarantined: list[tuple[int, int]],
    gaps: list[tuple[int, int]],
) -> None:
    counts = Counter(offset for run in [*events, *quarantined, *gaps] for offset in range(*run))
    with memory() as connection:
        consumed(connection, *bounds)
        for run in events:
            put(connection, "events", list(range(*run)))
        for run in quarantined:
            put(connection, "quarantine", list(range(*run)))
        for run in gaps:
            gap(connection, *run)
        found = only(connection)
    expected = {offset for offset in range(*bounds) if counts[offset] != 1} | {
        o for o in counts if not bounds[0] <= o < bounds[1]
    }
    assert (found.problem is None) == (not expected)
    if expected:
        assert found.problem_offset in expected
        inside = {offset for offset in expected if bounds[0] <= offset < bounds[1]}
        if inside == expected:
            assert found.problem_offset == min(inside)


def test_two_million_rows_take_a_second_not_a_minute(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        create_schema(connection)
        connection.execute(
            'insert into raw.events (topic, topic_id, partition, "offset") '
            "select ?, ?, i % 4, i // 4 from range(2000000) as t(i)",
            [TOPIC, TOPIC_ID],
        )
        for partition in range(4):
            consumed(connection, 0, 500_000, partition)
        started = time.monotonic()
        assert {one.problem for one in verify(connection)} == {None}
        assert time.monotonic() - started < 5
