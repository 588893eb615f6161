"""A collector over the embedded broker, in this process, and what it has handed to Kafka."""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from consent.settings import Settings
from ingestion.collector.app import Collector
from ingestion.source import Batch, open_source
from ingestion.topics import ensure_topic

Collecting = Callable[..., TestClient]


@pytest.fixture
def topic(embedded_kafka: str) -> str:
    name = f"consent.test.{uuid.uuid4().hex[:8]}"
    ensure_topic(embedded_kafka, name, partitions=2, timeout=10)
    return name


@pytest.fixture
def collecting(embedded_kafka: str, home: Any, topic: str) -> Iterator[Collecting]:
    """Start a collector; keywords are settings. The client raises what the app raises."""
    with contextlib.ExitStack() as running:

        def start(*, client: tuple[str, int] = ("203.0.113.9", 5000), **overrides: Any) -> TestClient:
            given = {"home": home, "kafka_bootstrap_servers": embedded_kafka, "topic": topic, **overrides}
            app = Collector(Settings.load(**given)).app
            return running.enter_context(TestClient(app, client=client))

        yield start


@pytest.fixture
def arrived(embedded_kafka: str, home: Any, topic: str) -> Callable[[], list[dict[str, Any]]]:
    """The events in the topic."""

    def read() -> list[dict[str, Any]]:
        settings = Settings.load(home=home, kafka_bootstrap_servers=embedded_kafka, topic=topic)
        with contextlib.closing(open_source(settings)) as source:
            first, end = source.offsets()
            source.assign(first)
            batch = Batch(source.topic)
            while len(batch) < sum(end.values()) - sum(first.values()):
                source.poll_into(batch, timeout=1, max_records=10_000)
        assert all(
            key == json.loads(value)["subject"].encode()
            for key, value in zip(batch.keys, batch.values, strict=True)
            if key and value
        )
        return [json.loads(value) for value in batch.values if value]

    return read
