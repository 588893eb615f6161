"""A warehouse in memory, built from events as the pipeline would build it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa

from consent.build import build, repeated_grains, set_run
from consent.contract import COLUMNS
from consent.models import all_models
from consent.policies import Registry
from consent.settings import ROOT
from consent.warehouse import create_schema
from ingestion.decoder import Decoder
from tests.ingestion.events import encode

PARTITIONS = 3
NAMES = ", ".join(f'"{name}"' for name, _ in COLUMNS)


def batch(values: Sequence[bytes], timestamp_ms: int, *, first: int = 0) -> pa.Table:
    """Records over PARTITIONS partitions by their place (from `first` on), offsets rising in each."""
    count = len(values)
    return pa.table(
        {
            "topic": ["consent.events"] * count,
            "topic_id": ["00000000-0000-0000-0000-000000000001"] * count,
            "partition": pa.array([place % PARTITIONS for place in range(first, first + count)], pa.int32()),
            "offset": pa.array([place // PARTITIONS for place in range(first, first + count)], pa.int64()),
            "timestamp_ms": pa.array([timestamp_ms] * count, pa.int64()),
            "key": pa.nulls(count, pa.binary()),
            "value": pa.array(list(values), pa.binary()),
        }
    )


@contextlib.contextmanager
def warehouse(
    events: Sequence[dict[str, Any] | bytes], as_of: datetime, *, timestamp_ms: int = 1_790_856_000_000
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Every model built as of a naive UTC time; Kafka's timestamp is 2026-10-01 12:00 UTC for all."""
    values = [event if isinstance(event, bytes) else encode(event) for event in events]
    with Decoder() as decoder:
        connection = decoder.connection
        create_schema(connection)
        decoder.decode(batch(values, timestamp_ms))
        connection.execute(f"insert into raw.events select {NAMES} from decoded where reason is null")
        connection.execute(
            "insert into raw.quarantine "
            'select topic, topic_id, partition, "offset", kafka_timestamp, key, value, reason '
            "from decoded where reason is not null"
        )
        Registry.load(ROOT / "policies").write(connection)
        set_run(connection, as_of)
        build_all(connection)
        yield connection


def build_all(connection: duckdb.DuckDBPyConnection) -> None:
    """Build every model and see that each mart's grain is one."""
    for model in all_models():
        build(connection, model)
        if model.folder == "marts":
            assert repeated_grains(connection, model) == 0, model.relation


def rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    """The rows of a query, by column."""
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
