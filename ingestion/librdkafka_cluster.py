"""What librdkafka can be asked about a cluster, and what its errors mean."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from confluent_kafka import IsolationLevel, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec, TopicDescription

from consent.errors import ConsentError, OffsetsGone
from ingestion.connection import Security, librdkafka_options, not_allowed, refused, unavailable
from ingestion.topics import Topic, missing

log = logging.getLogger(__name__)

_NOT_ALLOWED = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
}
_NO_TOPIC = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}
_GONE = {KafkaError._AUTO_OFFSET_RESET, KafkaError.OFFSET_OUT_OF_RANGE}
_64_BITS = (1 << 64) - 1


class Cluster:
    """A cluster as the admin client sees it; `options` are what other clients of it are made with."""

    def __init__(self, servers: str, topic: str, *, timeout: float, security: Security) -> None:
        self._servers = servers
        self._topic = topic
        self._timeout = timeout
        self._security = security
        self._refusal: str | None = None
        self._said: set[str] = set()
        self.options = librdkafka_options(servers, timeout, security) | {
            "error_cb": self._on_error,
            "logger": log,
            "log_level": 2,  # it would say each second that a broker is away; `_on_error` says so once
        }
        with self.errors():
            self._admin = AdminClient(self.options)

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._AUTHENTICATION:
            self._refusal = error.name()
        if error.name() not in self._said:
            self._said.add(error.name())
            log.warning("Kafka at %s: %s", self._servers, error.name())

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """Turn librdkafka's errors into ours, naming the address and the kind of failure."""
        try:
            yield
        except KafkaException as error:
            cause = error.args[0]
            if not isinstance(cause, KafkaError):
                raise unavailable(self._servers, self._security, type(error).__name__) from None
            lasting = self.lasting(cause)
            raise (lasting or unavailable(self._servers, self._security, cause.name())) from None

    def lasting(self, error: KafkaError) -> ConsentError | None:
        """Our error for one that waiting does not mend; None for others."""
        code = error.code()
        if code in _NO_TOPIC:
            return missing(self._servers, self._topic)
        if self._refusal or code == KafkaError._AUTHENTICATION:
            return refused(self._servers, self._security, self._refusal or error.name())
        if code in _NOT_ALLOWED:
            return not_allowed(self._servers, error.name())
        if error.fatal():
            return unavailable(self._servers, self._security, error.name())
        return None

    def describe(self) -> Topic:
        """The topic as it is now. Raises TopicMissing and BrokerUnavailable."""
        with self.errors():
            asked = self._admin.describe_topics(TopicCollection([self._topic]), request_timeout=self._timeout)
            found: TopicDescription = self._answer(asked[self._topic])
        if not found.partitions:
            raise missing(self._servers, self._topic)
        self._said.clear()
        high, low = found.topic_id.get_most_significant_bits(), found.topic_id.get_least_significant_bits()
        topic_id = UUID(int=(high & _64_BITS) << 64 | low & _64_BITS)
        return Topic(self._topic, topic_id, tuple(sorted(partition.id for partition in found.partitions)))

    def offsets(self, partitions: tuple[int, ...]) -> tuple[dict[int, int], dict[int, int]]:
        """The first offset and the end (last stable) of these partitions."""
        return self._list(partitions, OffsetSpec.earliest()), self._list(partitions, OffsetSpec.latest())

    def _list(self, partitions: tuple[int, ...], spec: OffsetSpec) -> dict[int, int]:
        with self.errors():
            asked = self._admin.list_offsets(
                {TopicPartition(self._topic, partition): spec for partition in partitions},
                isolation_level=IsolationLevel.READ_COMMITTED,
                request_timeout=self._timeout,
            )
            return {at.partition: self._answer(future).offset for at, future in asked.items()}

    def _answer(self, future: Any) -> Any:
        # A refused password is known early: no need to let the time run out.
        deadline = time.monotonic() + self._timeout + 1
        while not future.done() and time.monotonic() < deadline:
            self._admin.poll(0.01)
            if self._refusal:
                raise refused(self._servers, self._security, self._refusal)
        if not future.done():
            raise unavailable(self._servers, self._security, "timed out")
        return future.result()

    def sort(self, error: KafkaError, partition: int | None, position: Callable[[int], int]) -> ConsentError | None:
        """Our error for one that came among the records; None for those that pass."""
        if error.code() in _GONE and partition is not None:
            return OffsetsGone(partition, position(partition))
        lasting = self.lasting(error)
        if lasting is None:
            log.debug("librdkafka: %s", error.name())
        return lasting

    def close(self) -> None:
        """Leave the cluster."""
        self._admin.poll(0)
