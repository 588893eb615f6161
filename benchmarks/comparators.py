"""What benchmarks/ingest.py compares with: the limit, kafka-python as it comes, and the table of the usual path."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from kafka import KafkaConsumer, TopicPartition

TEXTS = (
    "kind",
    "site",
    "platform",
    "region",
    "language",
    "subject",
    "prompt_id",
    "action",
    "surface",
    "method",
    "policy_version",
    "notice_hash",
)
STORAGE = '("name" varchar, "type" varchar, "domain" varchar, party varchar, lifetime_s bigint, category varchar)'
COLUMNS = dict.fromkeys(TEXTS, "varchar") | {
    "schema_version": "bigint",
    "event_id": "uuid",
    "occurred_at": "timestamptz",
    "received_at": "timestamptz",
    "decision_ms": "bigint",
    "banner": "struct(id varchar, version varchar, variant varchar, layer varchar)",
    "categories": "json",
    "signals": "struct(gpc boolean, tc_string varchar, gpp_string varchar, gcm json)",
    "source": "struct(cmp varchar, version varchar)",
    "is_bot": "boolean",
    "storage": f"struct{STORAGE}[]",
}


def limit(folder: Path, events: Path, _servers: str) -> int:
    with duckdb.connect(str(folder / "limit.duckdb"), config={"storage_compatibility_version": "latest"}) as connection:
        connection.execute(
            "create table t as select * from read_json($file, format = 'newline_delimited', columns = $columns)",
            {"file": str(events), "columns": COLUMNS},
        )
        return int(connection.execute("select count(*) from t").fetchall()[0][0])


def kafka_python(_folder: Path, _events: Path, servers: str) -> int:
    """The client by itself, with its own reading of records."""
    with contextlib.closing(
        KafkaConsumer(
            bootstrap_servers=servers.split(","),
            enable_auto_commit=False,
            isolation_level="read_committed",
            metrics_enabled=False,
        )
    ) as consumer:
        partitions = [TopicPartition("bench", n) for n in consumer.partitions_for_topic("bench")]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        count, end = 0, sum(consumer.end_offsets(partitions).values())
        while count < end:
            count += sum(map(len, consumer.poll(timeout_ms=500, max_records=20_000).values()))
    return count


def flat(rows: list[dict[str, Any]]) -> pa.Table:
    names = ("event_id", "kind", "occurred_at", "received_at", "site", "platform", "region", "language", "subject",
             "prompt_id", "action", "surface", "method", "decision_ms", "policy_version")  # fmt: skip
    columns = {name: [row.get(name) for row in rows] for name in names}
    columns["decision_ms"] = [value if isinstance(value, int) else None for value in columns["decision_ms"]]
    columns |= {f"banner_{name}": [(row.get("banner") or {}).get(name) for row in rows] for name in ("id", "version")}
    columns |= {
        name: [json.dumps(row[name]) if name in row else None for row in rows] for name in ("categories", "storage")
    }
    return pa.table(
        {name: pa.array([None if v is None else v for v in column]) for name, column in strings(columns).items()}
    )


def strings(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {
        name: column if name == "decision_ms" else [v if v is None or isinstance(v, str) else str(v) for v in column]
        for name, column in columns.items()
    }
