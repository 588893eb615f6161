"""Topics: what the broker knows about them, and making one."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import RetriableError, TopicAlreadyExistsError

from consent.errors import TopicMissing
from ingestion.connection import OPEN, Security, kafka_errors, kafka_python_options

_NO_TOPIC_ID = UUID(int=0)


@dataclass(frozen=True)
class Topic:
    """A topic as the broker describes it. A topic made anew under the same name has another `topic_id`."""

    name: str
    topic_id: UUID
    partitions: tuple[int, ...]


def open_admin(servers: str, timeout: float, secured: Security = OPEN) -> KafkaAdminClient:
    """An admin client; call it and its methods within `kafka_errors`."""
    return KafkaAdminClient(
        **kafka_python_options(servers, timeout, secured),
        request_timeout_ms=max(1000, int(timeout * 1000)),
        reconnect_backoff_max_ms=1000,
    )


def ask_topic(admin: KafkaAdminClient, servers: str, name: str, timeout: float = 10.0) -> Topic:
    """The topic as `admin` finds it now. Raises TopicMissing, and what kafka-python raises."""
    found = patiently(lambda: admin.describe_topics([name]), timeout)[0]
    if found["error_code"] or not found["partitions"]:
        raise missing(servers, name)
    topic_id = found.get("topic_id")
    return Topic(
        name,
        UUID(str(topic_id)) if topic_id else _NO_TOPIC_ID,
        tuple(sorted(partition["partition_index"] for partition in found["partitions"])),
    )


def patiently(ask: Callable[[], Any], timeout: float) -> Any:
    """What `ask` returns; kafka-python gives up at once while it waits to connect again, so ask for `timeout` s."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            return ask()
        except RetriableError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def missing(servers: str, name: str) -> TopicMissing:
    """The error for a topic that the broker does not know."""
    return TopicMissing(
        f"Kafka at {servers} has no topic {name!r}; create it there, or set CONSENT_TOPIC to one that exists"
    )


def still_the_same(servers: str, before: Topic, now: Topic) -> Topic:
    """`now`; where it is another topic of the same name, TopicMissing: the offsets of one mean nothing in the other."""
    if now.topic_id != before.topic_id:
        raise TopicMissing(
            f"Kafka at {servers}: topic {before.name!r} was deleted and made anew; start again to read the new one "
            "from its beginning"
        )
    return now


def describe_topic(servers: str, name: str, *, timeout: float, security: Security = OPEN) -> Topic:
    """The topic as it is now. Raises TopicMissing, or BrokerUnavailable within about `timeout` seconds."""
    with kafka_errors(servers, security), contextlib.closing(open_admin(servers, timeout, security)) as admin:
        return ask_topic(admin, servers, name, timeout)


def ensure_topic(
    servers: str,
    name: str,
    *,
    partitions: int,
    timeout: float,
    config: dict[str, str] | None = None,
    security: Security = OPEN,
) -> None:
    """Create the topic unless it is there."""
    with kafka_errors(servers, security), contextlib.closing(open_admin(servers, timeout, security)) as admin:
        with contextlib.suppress(TopicAlreadyExistsError):
            admin.create_topics([NewTopic(name, partitions, 1, topic_configs=config or {})])
        admin.wait_for_topics([name], timeout_ms=int(timeout * 1000))
