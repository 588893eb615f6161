"""The fast client: librdkafka, by way of confluent-kafka (an extra: `make install-librdkafka`)."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from operator import itemgetter

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from consent.errors import ConsentError
from ingestion.connection import OPEN, Security
from ingestion.librdkafka_cluster import Cluster
from ingestion.source import Batch, OnAssigned, OnRevoked
from ingestion.topics import still_the_same

# A consumer needs a group's name even outside groups; nothing is committed to this one.
_NO_GROUP = "consent"
# A paused partition throws away what librdkafka has fetched of it: for a short stop it is enough not to ask.
_SHORT_STOP = 2.0
_milliseconds = itemgetter(1)
_OPTIONS = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "auto.offset.reset": "error",
    "isolation.level": "read_committed",
    "enable.partition.eof": True,  # its offset is past a transaction's marker, where `position` is before it
    "partition.assignment.strategy": "range,roundrobin",  # as kafka-python's, so that a group may hold both
    "allow.auto.create.topics": False,
    "topic.metadata.refresh.interval.ms": 30_000,
    "fetch.wait.max.ms": 100,
    "fetch.error.backoff.ms": 100,
    "reconnect.backoff.max.ms": 1000,
    # What waits to be read is bounded in bytes. A broker gives at least one record, however large.
    "max.partition.fetch.bytes": 1024 * 1024,
    "fetch.max.bytes": 4 * 1024 * 1024,
    "receive.message.max.bytes": 200_000_000,
    "queued.min.messages": 1_000_000,
    "queued.max.messages.kbytes": 8 * 1024,
    # By default a second passes before a full queue is filled again, which it takes a quarter of that to empty.
    "fetch.queue.backoff.ms": 5,
}


class LibrdkafkaSource:
    """`Source` over librdkafka, which fetches and keeps its place in a group in threads of its own."""

    def __init__(self, servers: str, topic: str, *, timeout: float, security: Security = OPEN) -> None:
        self._servers = servers
        self._cluster = Cluster(servers, topic, timeout=timeout, security=security)
        self._positions: dict[int, int] = {}
        self._trouble: ConsentError | None = None
        self._paused_at: float | None = None
        self._client_is_paused = False
        self._grouped = False
        self.topic = self._cluster.describe()
        self._consumer = self._connect(_NO_GROUP)

    def _connect(self, group: str) -> Consumer:
        with self._cluster.errors():
            return Consumer(self._cluster.options | _OPTIONS | {"group.id": group})

    def _at(self, positions: Mapping[int, int]) -> list[TopicPartition]:
        return [TopicPartition(self.topic.name, partition, offset) for partition, offset in positions.items()]

    def partitions(self) -> tuple[int, ...]:
        """Those the topic has now."""
        return still_the_same(self._servers, self.topic, self._cluster.describe()).partitions

    def offsets(self) -> tuple[dict[int, int], dict[int, int]]:
        """The first offset and the end (last stable) of each partition the topic has now."""
        return self._cluster.offsets(self.partitions())

    def assign(self, positions: Mapping[int, int]) -> None:
        """Read these partitions, each from its offset on; those read already keep their place, unless it is gone."""
        wanted = {at.partition for at in self._consumer.assignment()} if self._grouped else set(positions)
        self._positions = {p: offset for p, offset in (dict(positions) | self._positions).items() if p in wanted}
        self._client_is_paused = False
        # Seeking is refused where the offset was gone, and assigning bit by bit in a group like ours.
        with self._cluster.errors():
            self._consumer.assign(self._at(self._positions))

    def join(self, group: str, on_assigned: OnAssigned, on_revoked: OnRevoked) -> None:
        """Share the topic with the other members of a consumer group, instead of `assign`."""
        self._consumer.close()
        self._consumer = self._connect(group)
        self._grouped = True
        self._positions = {}

        def assigned(consumer: Consumer, partitions: list[TopicPartition]) -> None:
            self._positions = dict(on_assigned(sorted(at.partition for at in partitions))) if partitions else {}
            self._client_is_paused = False
            consumer.assign(self._at(self._positions))

        def revoked(consumer: Consumer, partitions: list[TopicPartition]) -> None:
            self._positions = {}
            consumer.unassign()
            if partitions:
                on_revoked(sorted(at.partition for at in partitions))

        with self._cluster.errors():
            self._consumer.subscribe([self.topic.name], on_assign=assigned, on_revoke=revoked, on_lost=revoked)

    def poll_into(self, batch: Batch, *, timeout: float, max_records: int) -> int:
        """Append what there is, at most `max_records`, waiting up to `timeout` s for the first."""
        if self._trouble:
            trouble, self._trouble = self._trouble, None
            raise trouble
        if self._paused_at is not None and not self._stop_for_long(timeout):
            return 0
        with self._cluster.errors():
            messages = self._consumer.consume(max_records, 0)
            if not messages and (first := self._consumer.poll(timeout)):
                messages = [first, *self._consumer.consume(max_records - 1, 0)] if max_records > 1 else [first]
        return self._append(batch, messages)

    def _append(self, batch: Batch, messages: list[Message]) -> int:
        errors = list(map(Message.error, messages))
        ends: dict[int, int] = {}
        if any(errors):
            for message, error in zip(messages, errors, strict=True):
                if error is not None:
                    self._note(message, error, ends)
            messages = [message for message, error in zip(messages, errors, strict=True) if error is None]
        partitions = list(map(Message.partition, messages))
        offsets = list(map(Message.offset, messages))
        values = list(map(Message.value, messages))
        batch.partitions += partitions
        batch.offsets += offsets
        batch.timestamps_ms += map(_milliseconds, map(Message.timestamp, messages))
        batch.keys += map(Message.key, messages)
        batch.values += values
        batch.size += sum(map(len, filter(None, values)))
        last = dict(zip(partitions, offsets, strict=True))
        for partition in last.keys() | ends.keys():
            before = self._positions.get(partition)
            after = max(last.get(partition, -1) + 1, ends.get(partition, 0))
            if before is not None and after > before:
                batch.moved(partition, before, after)
                self._positions[partition] = after
        if self._trouble and not messages:
            trouble, self._trouble = self._trouble, None
            raise trouble
        return len(messages)

    def _note(self, message: Message, error: KafkaError, ends: dict[int, int]) -> None:
        partition, offset = message.partition(), message.offset()
        if error.code() == KafkaError._PARTITION_EOF and partition is not None and offset is not None:
            ends[partition] = offset
            return
        trouble = self._cluster.sort(error, partition, lambda p: self._positions.pop(p, -1))
        if trouble:
            self._trouble = trouble

    def _stop_for_long(self, timeout: float) -> bool:
        """Whether to poll although paused, which by then brings no records; else some of `timeout` has passed."""
        if self._paused_at is not None and time.monotonic() - self._paused_at < _SHORT_STOP:
            time.sleep(min(timeout, 0.1))
            return False
        if not self._client_is_paused:
            with self._cluster.errors():
                self._consumer.pause(self._consumer.assignment())
            self._client_is_paused = True
        return True

    def pause(self) -> None:
        """Bring nothing more until `resume`."""
        if self._paused_at is None:
            self._paused_at = time.monotonic()

    def resume(self) -> None:
        """Go on where `pause` stopped."""
        self._paused_at = None
        if self._client_is_paused:
            self._client_is_paused = False
            with self._cluster.errors():
                self._consumer.resume(self._consumer.assignment())

    def mirror(self, positions: Mapping[int, int]) -> None:
        """Tell Kafka these offsets, for tools that show lag."""
        if self._grouped and positions:
            with contextlib.suppress(KafkaException):
                self._consumer.commit(offsets=self._at(positions), asynchronous=True)

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close()
        self._cluster.close()
