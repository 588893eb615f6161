"""A short torment; `python -m benchmarks.crash --runs 300` is the long one."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from ingestion.topics import ensure_topic
from tests.conftest import require
from tests.crash.harness import torment

RUNS = 8


@pytest.mark.parametrize("client", ["kafka-python", "librdkafka"])
def test_nothing_is_lost_and_nothing_comes_twice(client: str, home: Path, embedded_kafka: str) -> None:
    if client == "librdkafka" and not importlib.util.find_spec("confluent_kafka"):
        require("librdkafka is not installed: make install-librdkafka")
    topic = f"consent.crash.{client}"
    ensure_topic(embedded_kafka, topic, partitions=4, timeout=10)
    settings = {
        "home": str(home),
        "kafka_bootstrap_servers": embedded_kafka,
        "kafka_client": client,
        "topic": topic,
        "ingest_group": "",
        "ingest_batch_rows": 60,
        "ingest_max_latency": 0.1,
    }
    outcome = torment(settings, runs=RUNS, seed=11, events_per_run=300)
    assert outcome.problems == []
    assert outcome.runs == RUNS
    assert (outcome.accepted, outcome.distinct) == (outcome.sent - outcome.sent // 50, outcome.accepted)
    assert outcome.quarantined == outcome.sent // 50
