"""Where records come from: columns to fill, and the small interface that each Kafka client implements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol

import numpy as np
import pyarrow as pa

from consent.errors import SettingsError
from consent.settings import Settings
from ingestion.arrow import binaries, numbers, repeated
from ingestion.broker import bootstrap_servers
from ingestion.connection import security
from ingestion.topics import Topic


@dataclass
class Batch:
    """Records of one topic in columns, as they were read.

    `first` and `positions` hold, by partition, the offset the batch starts at and the one after it. What lies between
    and is not in the columns holds no record to read: compacted away, aborted, or a transaction's marker. A partition
    may have moved without a record. In those of `lost` the broker had deleted what was due. What `pack` has moved into
    `chunks` is no longer in the columns.
    """

    topic: Topic
    partitions: list[int] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    timestamps_ms: list[int] = field(default_factory=list)
    keys: list[bytes | None] = field(default_factory=list)
    values: list[bytes | None] = field(default_factory=list)
    first: dict[int, int] = field(default_factory=dict)
    positions: dict[int, int] = field(default_factory=dict)
    lost: set[int] = field(default_factory=set)
    size: int = 0
    chunks: list[pa.RecordBatch] = field(default_factory=list)
    packed: int = 0

    def __len__(self) -> int:
        return self.packed + len(self.offsets)

    def moved(self, partition: int, before: int, after: int) -> None:
        """Note that reading `partition` went from `before` to `after`."""
        self.first.setdefault(partition, before)
        self.positions[partition] = after

    def drop(self, partitions: Iterable[int]) -> None:
        """Forget everything of these partitions."""
        gone = set(partitions) & self.positions.keys()
        if not gone:
            return
        self.pack()
        others = self.positions.keys() - gone
        self.chunks = [
            chunk.filter(pa.array([partition in others for partition in chunk["partition"].to_pylist()]))
            for chunk in self.chunks
        ]
        self.packed = sum(chunk.num_rows for chunk in self.chunks)
        self.size = sum(len(value) for chunk in self.chunks for value in chunk["value"].to_pylist() if value)
        for partition in gone:
            del self.first[partition], self.positions[partition]
        self.lost -= gone

    def pack(self) -> None:
        """Move what the columns hold into Arrow, which takes half the memory and is what the decoder reads."""
        count = len(self.offsets)
        if count:
            columns = [
                repeated(self.topic.name, count),
                repeated(str(self.topic.topic_id), count),
                numbers(self.partitions, np.int32),
                numbers(self.offsets, np.int64),
                numbers(self.timestamps_ms, np.int64),
                binaries(self.keys),
                binaries(self.values),
            ]
            self.chunks.append(pa.RecordBatch.from_arrays(columns, schema=_SCHEMA))
            self.packed += count
            self.partitions, self.offsets, self.timestamps_ms, self.keys, self.values = [], [], [], [], []

    def to_arrow(self) -> pa.Table:
        """The relation `batch` that `landing.plain` reads."""
        self.pack()
        return pa.Table.from_batches(self.chunks, _SCHEMA)


_CONSTANT = pa.dictionary(pa.int8(), pa.string())
_SCHEMA = pa.schema(
    {
        "topic": _CONSTANT,
        "topic_id": _CONSTANT,
        "partition": pa.int32(),
        "offset": pa.int64(),
        "timestamp_ms": pa.int64(),
        "key": pa.binary(),
        "value": pa.binary(),
    }
)


OnAssigned = Callable[[list[int]], Mapping[int, int]]
OnRevoked = Callable[[list[int]], None]


class Source(Protocol):
    """Reads a topic from given offsets on, seeing committed records only. Not thread-safe.

    Offsets are kept by the caller, not by Kafka. Made by `open_source`, which raises BrokerUnavailable, TopicMissing
    and SettingsError.
    """

    @property
    def topic(self) -> Topic:
        """The topic as it was when the source was opened."""

    def partitions(self) -> tuple[int, ...]:
        """Those the topic has now. Raises TopicMissing if it is gone or made anew, BrokerUnavailable."""

    def offsets(self) -> tuple[dict[int, int], dict[int, int]]:
        """The first offset and the end (last stable) of each partition the topic has now. Raises as `partitions`."""

    def assign(self, positions: Mapping[int, int]) -> None:
        """Read these partitions, each from its offset on; those read already keep their place, unless it is gone."""

    def join(self, group: str, on_assigned: OnAssigned, on_revoked: OnRevoked) -> None:
        """Share the topic with the other members of a consumer group, instead of `assign`.

        Within `poll_into`, `on_assigned` gets the partitions that are now ours and returns the offset to read each
        from; `on_revoked` gets those that no longer are (or were lost already). Neither may call the source. What they
        raise, `poll_into` raises. They may run in another thread, while the one that polls waits for them.
        """

    def poll_into(self, batch: Batch, *, timeout: float, max_records: int) -> int:
        """Append what there is, at most `max_records`, waiting up to `timeout` s for the first; returns how many came.

        Raises OffsetsGone for a partition whose next offset the broker does not have, before anything else of it is
        read; `assign` mends it, in a group too. Raises BrokerUnavailable and TopicMissing only for what waiting does
        not mend: a broker that is away for a while just brings nothing.
        """

    def pause(self) -> None:
        """Bring nothing more until `resume`; polling goes on and keeps the place in the group."""

    def resume(self) -> None:
        """Go on where `pause` stopped."""

    def mirror(self, positions: Mapping[int, int]) -> None:
        """Tell Kafka these offsets, for tools that show lag; only in a group, best effort, never raises."""

    def close(self) -> None:
        """Leave the broker."""


_CLIENTS = {
    "kafka-python": ("ingestion.kafka_python", "KafkaPythonSource"),
    "librdkafka": ("ingestion.librdkafka", "LibrdkafkaSource"),
}


def open_source(settings: Settings) -> Source:
    """Connect with the client that `CONSENT_KAFKA_CLIENT` names."""
    module, name = _CLIENTS[settings.kafka_client]
    try:
        client = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name != "confluent_kafka":
            raise
        raise SettingsError(
            "CONSENT_KAFKA_CLIENT: librdkafka is not installed; run `make install-librdkafka` or choose kafka-python"
        ) from None
    source: Source = client(
        bootstrap_servers(settings), settings.topic, timeout=settings.kafka_timeout, security=security(settings)
    )
    return source
