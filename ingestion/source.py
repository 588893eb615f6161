"""Where records come from: a small interface over a Kafka client, and its kafka-python form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import pyarrow as pa
from kafka import KafkaConsumer, TopicPartition

from consent.errors import TopicMissing
from ingestion.topics import Topic, describe_topic, kafka_errors

_FETCH_BYTES = 8 * 1024 * 1024


@dataclass
class Batch:
    """Records of one topic in columns, as they were read; `positions` holds the next offset of each partition read."""

    topic: Topic
    partitions: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    timestamps_ms: list[int] = field(default_factory=list)
    keys: list[bytes | None] = field(default_factory=list)
    values: list[bytes | None] = field(default_factory=list)
    first: dict[int, int] = field(default_factory=dict)
    positions: dict[int, int] = field(default_factory=dict)
    size: int = 0

    def __len__(self) -> int:
        return len(self.offsets)

    def to_arrow(self) -> pa.Table:
        """The relation `batch` that `landing.decode` reads."""
        count = len(self)
        return pa.table(
            {
                "topic": pa.repeat(self.topic.name, count),
                "topic_id": pa.repeat(str(self.topic.topic_id), count),
                "partition": pa.array(self.partitions, pa.int32()),
                "offset": pa.array(self.offsets, pa.int64()),
                "timestamp_ms": pa.array(self.timestamps_ms, pa.int64()),
                "key": pa.array(self.keys, pa.binary()),
                "value": pa.array(self.values, pa.binary()),
            }
        )


class Source(Protocol):
    """Reads a topic from given offsets on. Not thread-safe; offsets are kept by the caller, not by Kafka."""

    @property
    def topic(self) -> Topic:
        """The topic read."""

    def offsets(self) -> tuple[dict[int, int], dict[int, int]]:
        """The first and the next offset the broker holds, by partition."""

    def assign(self, positions: Mapping[int, int]) -> None:
        """Read these partitions, each from its offset on."""

    def poll_into(self, batch: Batch, *, timeout: float, max_records: int) -> int:
        """Append what arrives within `timeout` seconds, at most `max_records`; returns how many came."""

    def close(self) -> None:
        """Leave the broker."""


class KafkaPythonSource:
    """The default client. It assigns and seeks; it never joins a group and commits nothing to Kafka.

    Raises BrokerUnavailable and TopicMissing when made.
    """

    def __init__(self, servers: str, topic: str, *, timeout: float) -> None:
        self.topic = describe_topic(servers, topic, timeout=timeout)
        self._servers = servers
        self._timeout_ms = int(timeout * 1000)
        with kafka_errors(servers):
            self._consumer = KafkaConsumer(
                bootstrap_servers=servers.split(","),
                bootstrap_timeout_ms=self._timeout_ms,
                group_id=None,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                isolation_level="read_committed",
                allow_auto_create_topics=False,
                fetch_max_wait_ms=100,
                max_partition_fetch_bytes=_FETCH_BYTES,
                fetch_max_bytes=4 * _FETCH_BYTES,
            )
        self._partitions = [TopicPartition(topic, partition) for partition in self.topic.partitions]

    def offsets(self) -> tuple[dict[int, int], dict[int, int]]:
        """The first and the next offset the broker holds, by partition."""
        with kafka_errors(self._servers):
            first = self._consumer.beginning_offsets(self._partitions, timeout_ms=self._timeout_ms)
            end = self._consumer.end_offsets(self._partitions, timeout_ms=self._timeout_ms)
        if len(end) < len(self._partitions):
            raise TopicMissing(f"Kafka at {self._servers}: topic {self.topic.name!r} lost a partition")
        return (
            {at.partition: offset for at, offset in first.items()},
            {at.partition: offset for at, offset in end.items()},
        )

    def assign(self, positions: Mapping[int, int]) -> None:
        """Read these partitions, each from its offset on."""
        self._consumer.assign([TopicPartition(self.topic.name, partition) for partition in positions])
        for partition, offset in positions.items():
            self._consumer.seek(TopicPartition(self.topic.name, partition), offset)

    def poll_into(self, batch: Batch, *, timeout: float, max_records: int) -> int:
        """Append what arrives within `timeout` seconds, at most `max_records`; returns how many came."""
        with kafka_errors(self._servers):
            arrived = self._consumer.poll(timeout_ms=int(timeout * 1000), max_records=max_records)
        count = 0
        for at, records in arrived.items():
            batch.first.setdefault(at.partition, records[0].offset)
            batch.positions[at.partition] = records[-1].offset + 1
            count += len(records)
            values = [record.value for record in records]
            batch.partitions += [at.partition] * len(records)
            batch.offsets += [record.offset for record in records]
            batch.timestamps_ms += [record.timestamp for record in records]
            batch.keys += [record.key for record in records]
            batch.values += values
            batch.size += sum(len(value) for value in values if value is not None)
        return count

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()
