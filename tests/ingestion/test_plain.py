"""What the quick way takes for good, the full judgement takes for the same good event."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from consent.contract import KINDS
from consent.models import statement
from consent.warehouse import in_utc
from ingestion.decoder import as_batch, texts
from tests.ingestion.events import encode, event
from tests.ingestion.mutation import full_event, mutants

_DIFFERENT = """
    select "offset" from (
        select * exclude (key, value, is_plain), null as reason from recognized where is_plain
        except
        select * exclude (key, value) from judged
    )
"""


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with in_utc(duckdb.connect()) as connection:
        yield connection


def recognize(connection: duckdb.DuckDBPyConnection, values: list[bytes]) -> list[bool]:
    """Whether each value is recognized as good; `recognized` and `judged` hold all that both ways made of them."""
    batch: pa.Table = as_batch(values)
    connection.register("suspects", batch)
    connection.register("batch", batch.append_column("text", texts(batch.column("value"))))
    connection.execute("create or replace temp table recognized as " + statement("landing.plain").text)
    connection.execute("create or replace temp table judged as " + statement("landing.decode").text)
    rows = connection.execute('select is_plain from recognized order by "offset"').fetchall()
    return [row[0] for row in rows]


def test_both_ways_agree_on_every_mutant(connection: duckdb.DuckDBPyConnection) -> None:
    values = list(mutants(seed=21, count=30_000))
    plain = recognize(connection, values)
    good = connection.execute("select count(*) from judged where reason is null").fetchall()[0][0]
    assert connection.execute(_DIFFERENT).fetchall() == []
    assert 250 < sum(plain) <= good


@pytest.mark.parametrize("kind", KINDS)
def test_what_producers_usually_send_is_recognized(connection: duckdb.DuckDBPyConnection, kind: str) -> None:
    made = full_event(kind)
    shuffled = dict(reversed(made.items()))
    assert (
        recognize(
            connection,
            [
                encode(event(kind)),
                encode(made),
                json.dumps(made).encode(),
                json.dumps(shuffled, indent=2).encode(),
                encode(made | {"categories": {"C0001": True, "C0004": False}}),
                json.dumps(made | {"site": "blåbær \U0001f36a"}, ensure_ascii=False).encode(),
                encode(made | {"site": 'a\\b/"c" blåbær'}),
            ],
        )
        == [True] * 7
    )


@pytest.mark.parametrize(
    "value",
    [
        encode(event())[:-1] + b',"site":"other"}',
        encode(event(schema_version=...))[:-1] + b',"site":"other"}',
        encode(event(banner={"id": "a"})).replace(b'"id":"a"', b'"id":"a","id":"b"'),
        encode(event(signals={"gcm": {"a": "b"}})).replace(b'"a":"b"', b'"a":"b","a":"c"'),
        encode(event("decision", categories={"x": True})).replace(b'"x":true', b'"x":true,"x":false'),
        encode(event("decision", categories={"marketing": True})).replace(
            b'"marketing":true', b'"marketing":true,"marketing":true'
        ),
        encode(event("observation")).replace(b'"name":"NID"', b'"name":"NID","name":"x"'),
        encode(event()).replace(b'"subject":"', b'"subject":1,"subject":"'),
        encode(event(subject=12345678)),
        encode(event(schema_version="1")),
        encode(event(decision_ms="12")),
        encode(event("observation", storage=[{"name": 1}])),
        encode(event(region=None)),
        encode(event(occurred_at="2026-02-30T12:00:00Z")),
        encode(event(site="x" * 254)),
        encode(event())[:-1] + b',"prompt_id":"\\ud800"}',
        encode(event()).replace(b'{"schema', b'{,"schema'),
        encode(event()) + b"}",
        b"\xff",
        b"",
    ],
)
def test_nothing_bad_is_recognized(connection: duckdb.DuckDBPyConnection, value: bytes) -> None:
    assert recognize(connection, [value]) == [False]
    assert connection.execute("select count(*) from judged where reason is null").fetchall() == [(0,)]


def test_what_is_good_but_unusual_is_left_to_the_full_judgement(connection: duckdb.DuckDBPyConnection) -> None:
    values: list[Any] = [
        event(something_new=1),
        event(banner={"version": "2", "id": "a"}),
        event("observation", storage=[{"type": "cookie", "name": "NID"}]),
        event("decision", decision_ms=86_400_000),
    ]
    assert recognize(connection, [encode(value) for value in values]) == [False] * len(values)
    assert connection.execute("select count(*) from judged where reason is null").fetchall() == [(len(values),)]
