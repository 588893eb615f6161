"""The way out: groups of records into the topic, with acks=all, by either client of Kafka."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Sequence
from typing import Any, Protocol

from kafka import KafkaProducer
from kafka.errors import KafkaError

from consent.errors import SettingsError
from consent.settings import Settings
from ingestion.broker import bootstrap_servers
from ingestion.collector.spool import Record
from ingestion.connection import kafka_errors, kafka_python_options, librdkafka_options, security
from ingestion.topics import describe_topic

# A group is flushed as a whole: this only keeps a group together, it delays none.
_LINGER_MS = 20


class Producer(Protocol):
    """Sends groups of records, one after another."""

    def send(self, records: Sequence[Record]) -> list[Record]:
        """Send, wait, and return those that were not acknowledged in time (they may arrive all the same)."""

    def close(self) -> None:
        """Leave the broker; what was not acknowledged is forgotten."""


def connect(settings: Settings) -> Producer:
    """A producer for the topic. Raises BrokerUnavailable, TopicMissing and SettingsError."""
    servers, secured = bootstrap_servers(settings), security(settings)
    describe_topic(servers, settings.topic, timeout=settings.kafka_timeout, security=secured)
    if settings.kafka_client == "librdkafka":
        options = librdkafka_options(servers, settings.kafka_timeout, secured)
        return _Librdkafka(options, settings.topic, settings.collector_produce_timeout)
    with kafka_errors(servers, secured):
        return _KafkaPython(
            kafka_python_options(servers, settings.kafka_timeout, secured),
            settings.topic,
            settings.collector_produce_timeout,
        )


class _KafkaPython:
    def __init__(self, options: dict[str, Any], topic: str, timeout: float) -> None:
        self._topic, self._timeout = topic, timeout
        timeout_ms = int(timeout * 1000)
        self._producer = KafkaProducer(
            **options,
            acks="all",
            enable_idempotence=False,  # a repeat is counted once anyway, and nothing can block after a lost batch
            linger_ms=_LINGER_MS,
            batch_size=256 * 1024,
            max_block_ms=timeout_ms,
            request_timeout_ms=timeout_ms - _LINGER_MS,
            delivery_timeout_ms=timeout_ms,
            reconnect_backoff_max_ms=1000,
            allow_auto_create_topics=False,
            metrics_enabled=False,
        )

    def send(self, records: Sequence[Record]) -> list[Record]:
        """As Producer says."""
        sent = []
        with contextlib.suppress(KafkaError):
            for key, value in records:
                sent.append(self._producer.send(self._topic, value=value, key=key))
            self._producer.flush(self._timeout)
        acknowledged = [future.succeeded() for future in sent] + [False] * (len(records) - len(sent))
        return [record for record, good in zip(records, acknowledged, strict=True) if not good]

    def close(self) -> None:
        """As Producer says."""
        with contextlib.suppress(KafkaError):
            self._producer.close(timeout=0)


class _Librdkafka:
    def __init__(self, options: dict[str, Any], topic: str, timeout: float) -> None:
        try:
            from confluent_kafka import KafkaException, Producer  # noqa: PLC0415
        except ModuleNotFoundError:
            raise SettingsError(
                "CONSENT_KAFKA_CLIENT: librdkafka is not installed; `make install-librdkafka`, or choose kafka-python"
            ) from None
        self._topic, self._timeout = topic, timeout
        self._trouble = (KafkaException, BufferError)
        timeout_ms = int(timeout * 1000)
        self._producer = Producer(
            options
            | {
                "acks": "all",
                "linger.ms": 1,
                "partitioner": "murmur2_random",  # as kafka-python and Java: one subject, one partition
                "message.timeout.ms": timeout_ms,
                "request.timeout.ms": timeout_ms,
                "reconnect.backoff.max.ms": 1000,
                "allow.auto.create.topics": False,
                "log_level": 0,
            }
        )

    def send(self, records: Sequence[Record]) -> list[Record]:
        """As Producer says."""
        acknowledged = [False] * len(records)

        def delivered(place: int, error: object) -> None:
            acknowledged[place] = error is None

        with contextlib.suppress(*self._trouble):
            for place, (key, value) in enumerate(records):
                self._producer.produce(
                    self._topic, value, key, on_delivery=lambda error, _, place=place: delivered(place, error)
                )
        deadline = time.monotonic() + self._timeout
        while self._producer.flush(max(0.0, deadline - time.monotonic())) and time.monotonic() < deadline:
            pass
        return [record for record, good in zip(records, acknowledged, strict=True) if not good]

    def close(self) -> None:
        """As Producer says."""
        self._producer.purge()
        self._producer.flush(0)
