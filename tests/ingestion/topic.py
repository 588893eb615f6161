"""A topic of its own for tests of what both Kafka clients promise, and ways to read it."""

from __future__ import annotations

import contextlib
import importlib.util
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from kafka import KafkaAdminClient, KafkaProducer
from kafka.errors import KafkaError

from consent.settings import Settings
from ingestion.source import Batch, Source, open_source
from ingestion.topics import ensure_topic
from tests.conftest import require

CLIENTS = ("kafka-python", "librdkafka")


class Topic:
    """A topic of its own, with what is needed to write to it and to change it."""

    def __init__(self, servers: str, client: str) -> None:
        self.servers, self.client = servers, client
        self.name = f"sources.{uuid.uuid4().hex[:8]}"
        self.is_embedded = False
        self._open: list[Source] = []

    def make(self, partitions: int = 1, **config: str) -> None:
        named = {name.replace("_", "."): value for name, value in config.items()}
        ensure_topic(self.servers, self.name, partitions=partitions, timeout=10, config=named)

    def source(self) -> Source:
        made = open_source(
            Settings.load(kafka_bootstrap_servers=self.servers, kafka_client=self.client, topic=self.name)
        )
        self._open.append(made)
        return made

    @contextlib.contextmanager
    def producer(self, **options: Any) -> Iterator[KafkaProducer]:
        with contextlib.closing(KafkaProducer(bootstrap_servers=self.servers, **options)) as producer:
            yield producer

    def send(self, *values: bytes | None, partition: int = 0, key: bytes | None = None, **options: Any) -> None:
        with self.producer(**options) as producer:
            for value in values:
                producer.send(self.name, value, key=key, partition=partition)
            producer.flush()

    @contextlib.contextmanager
    def admin(self) -> Iterator[KafkaAdminClient]:
        with contextlib.closing(KafkaAdminClient(bootstrap_servers=self.servers)) as admin:
            yield admin

    def close(self) -> None:
        for source in self._open:
            source.close()


def having(client: str) -> str:
    if client == "librdkafka" and not importlib.util.find_spec("confluent_kafka"):
        require("no librdkafka: `make install-librdkafka` brings it")
    return client


def read(
    source: Source,
    until: Callable[[Batch], bool],
    *,
    batch: Batch | None = None,
    seconds: float = 20,
    max_records: int = 10_000,
) -> Batch:
    """Poll until what was asked for is there; the batch goes on from the one given."""
    batch = Batch(source.topic) if batch is None else batch
    deadline = time.monotonic() + seconds
    while not until(batch):
        assert time.monotonic() < deadline, f"only {len(batch)} records came, to {batch.positions}"
        source.poll_into(batch, timeout=0.2, max_records=max_records)
    return batch


def reached(end: Mapping[int, int]) -> Callable[[Batch], bool]:
    return lambda batch: all(batch.positions.get(partition, 0) >= offset for partition, offset in end.items())


def values(count: int, prefix: str = "value") -> list[bytes]:
    return [f"{prefix}-{number:05}".encode() for number in range(count)]


def eventually(true: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with contextlib.suppress(KafkaError):
            if true():
                return
        assert time.monotonic() < deadline
        time.sleep(0.1)
