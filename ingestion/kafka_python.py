"""The default client: kafka-python, pure Python with a C checksum."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping
from operator import itemgetter

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import KafkaError, OffsetOutOfRangeError

from consent.errors import OffsetsGone
from ingestion.connection import OPEN, Security, kafka_errors, kafka_python_options
from ingestion.kafka_records import KEY, OFFSET, TIMESTAMP, VALUE, read_leanly
from ingestion.source import Batch, OnAssigned, OnRevoked
from ingestion.topics import ask_topic, open_admin, patiently, still_the_same

log = logging.getLogger(__name__)

# A broker gives at least one record, however large; these only bound what is held at once.
_PARTITION_BYTES = 1024 * 1024
_FETCH_BYTES = 4 * 1024 * 1024
_offset, _timestamp, _key, _value = map(itemgetter, (OFFSET, TIMESTAMP, KEY, VALUE))


class KafkaPythonSource:
    """`Source` over kafka-python."""

    def __init__(self, servers: str, topic: str, *, timeout: float, security: Security = OPEN) -> None:
        self._servers = servers
        self._security = security
        self._timeout_ms = int(timeout * 1000)
        self._options = kafka_python_options(servers, timeout, security)
        self._positions: dict[int, int] = {}
        self._paused = False
        self._grouped = False
        with contextlib.ExitStack() as undo:
            with self._errors():
                self._admin = undo.enter_context(contextlib.closing(open_admin(servers, timeout, security)))
                self.topic = ask_topic(self._admin, servers, topic, timeout)
                self._consumer = self._connect(None)
            undo.pop_all()

    def _errors(self) -> contextlib.AbstractContextManager[None]:
        return kafka_errors(self._servers, self._security)

    def _connect(self, group: str | None) -> KafkaConsumer:
        consumer = KafkaConsumer(
            **self._options,
            group_id=group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            allow_auto_create_topics=False,
            metadata_max_age_ms=30_000,
            fetch_max_wait_ms=100,
            max_partition_fetch_bytes=_PARTITION_BYTES,
            fetch_max_bytes=_FETCH_BYTES,
            reconnect_backoff_max_ms=1000,
            metrics_enabled=False,
        )
        read_leanly(consumer)
        return consumer

    def _at(self, partition: int) -> TopicPartition:
        return TopicPartition(self.topic.name, partition)

    def partitions(self) -> tuple[int, ...]:
        """Those the topic has now."""
        with self._errors():
            now = ask_topic(self._admin, self._servers, self.topic.name, self._timeout_ms / 1000)
        return still_the_same(self._servers, self.topic, now).partitions

    def offsets(self) -> tuple[dict[int, int], dict[int, int]]:
        """The first offset and the end (last stable) of each partition the topic has now."""
        of = [self._at(partition) for partition in self.partitions()]
        return self._list(of, OffsetSpec.EARLIEST), self._list(of, OffsetSpec.LATEST)

    def _list(self, of: list[TopicPartition], spec: OffsetSpec) -> dict[int, int]:
        # Not the consumer's own methods: they end in a KeyError for a partition it has not heard of yet.
        with self._errors():
            found = patiently(
                lambda: self._admin.list_partition_offsets(
                    dict.fromkeys(of, spec), isolation_level="read_committed", timeout_ms=self._timeout_ms
                ),
                self._timeout_ms / 1000,
            )
        return {at.partition: offset.offset for at, offset in found.items()}

    def assign(self, positions: Mapping[int, int]) -> None:
        """Read these partitions, each from its offset on; those read already keep their place, unless it is gone."""
        if not self._grouped:
            self._consumer.assign([self._at(partition) for partition in positions])
            self._positions = {p: offset for p, offset in self._positions.items() if p in positions}
        held = {at.partition for at in self._consumer.assignment()}
        self._seek({p: offset for p, offset in positions.items() if p in held and p not in self._positions})

    def _seek(self, positions: Mapping[int, int]) -> None:
        for partition, offset in positions.items():
            self._consumer.seek(self._at(partition), offset)
            self._positions[partition] = offset
        if self._paused:
            self.pause()

    def join(self, group: str, on_assigned: OnAssigned, on_revoked: OnRevoked) -> None:
        """Share the topic with the other members of a consumer group, instead of `assign`."""
        self._consumer.close()
        with self._errors():
            self._consumer = self._connect(group)
            # Known before it joins, or it may share out no partition at first, and the group begins twice.
            self._consumer.partitions_for_topic(self.topic.name)
        self._grouped = True
        self._positions = {}
        self._listener = _Listener(self, on_assigned, on_revoked)
        self._consumer.subscribe([self.topic.name], listener=self._listener)

    def took(self, positions: Mapping[int, int]) -> None:
        """Read these partitions, which the group gave us."""
        self._seek(positions)

    def left(self, partitions: list[int]) -> None:
        """Forget these partitions, which the group took."""
        for partition in partitions:
            self._positions.pop(partition, None)

    def poll_into(self, batch: Batch, *, timeout: float, max_records: int) -> int:
        """Append what there is, at most `max_records`, waiting up to `timeout` s for the first."""
        try:
            with self._errors(), self._gone():
                arrived = self._consumer.poll(timeout_ms=int(timeout * 1000), max_records=max_records)
        finally:
            if self._grouped:
                self._listener.raise_trouble()
        count = len(batch)
        for at, records in arrived.items():
            values = list(map(_value, records))
            batch.partitions += [at.partition] * len(records)
            batch.offsets += map(_offset, records)
            batch.timestamps_ms += map(_timestamp, records)
            batch.keys += map(_key, records)
            batch.values += values
            batch.size += sum(map(len, filter(None, values)))
        with self._errors():
            for partition, before in self._positions.items():
                after = self._consumer.position(self._at(partition), timeout_ms=0)
                if after != before and after is not None:
                    batch.moved(partition, before, after)
                    self._positions[partition] = after
        return len(batch) - count

    @contextlib.contextmanager
    def _gone(self) -> Iterator[None]:
        try:
            yield
        except OffsetOutOfRangeError as error:
            at, position = next(iter(error.args[0].items()))
            self._positions.pop(at.partition, None)
            raise OffsetsGone(at.partition, position) from None

    def pause(self) -> None:
        """Bring nothing more until `resume`."""
        self._paused = True
        self._consumer.pause(*self._consumer.assignment())

    def resume(self) -> None:
        """Go on where `pause` stopped."""
        self._paused = False
        self._consumer.resume(*self._consumer.assignment())

    def mirror(self, positions: Mapping[int, int]) -> None:
        """Tell Kafka these offsets, for tools that show lag."""
        if self._grouped:
            with contextlib.suppress(KafkaError):
                self._consumer.commit_async(
                    {self._at(partition): OffsetAndMetadata(offset, "", -1) for partition, offset in positions.items()}
                )

    def close(self) -> None:
        """Leave the broker."""
        self._consumer.close(autocommit=False, timeout_ms=min(self._timeout_ms, 5000))
        self._admin.close()


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Passes on what the group decides; kafka-python calls it in its own thread, while `poll` waits."""

    def __init__(self, source: KafkaPythonSource, on_assigned: OnAssigned, on_revoked: OnRevoked) -> None:
        self._source = source
        self._on_assigned = on_assigned
        self._on_revoked = on_revoked
        self._trouble: Exception | None = None

    def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Seek to where the caller says."""
        try:
            if assigned:
                self._source.took(self._on_assigned(sorted(at.partition for at in assigned)))
        except Exception as error:
            self._trouble = error
            raise

    def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Tell the caller."""
        partitions = sorted(at.partition for at in revoked)
        self._source.left(partitions)
        try:
            if partitions:
                self._on_revoked(partitions)
        except Exception as error:
            self._trouble = error
            raise

    def raise_trouble(self) -> None:
        """Raise what the caller's function raised, rather than what the client made of it."""
        trouble, self._trouble = self._trouble, None
        if trouble:
            raise trouble
