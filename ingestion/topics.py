"""Topics: what the broker knows about them, and making one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from kafka import KafkaAdminClient
from kafka.admin import NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from consent.errors import BrokerUnavailable, TopicMissing

_NO_TOPIC_ID = UUID(int=0)


@dataclass(frozen=True)
class Topic:
    """A topic as the broker describes it. A topic made anew under the same name has another `topic_id`."""

    name: str
    topic_id: UUID
    partitions: tuple[int, ...]


@contextlib.contextmanager
def kafka_errors(servers: str) -> Iterator[None]:
    """Turn the client's errors into ours, naming the address."""
    try:
        yield
    except KafkaError as error:
        reason = type(error).__name__
        raise BrokerUnavailable(f"Kafka at {servers}: no usable answer ({reason}); is the broker running there?") from None
    except (OSError, ValueError) as error:
        raise BrokerUnavailable(f"Kafka at {servers}: {error}; expected host:port[,host:port…]") from None


def _admin(servers: str, timeout: float) -> KafkaAdminClient:
    milliseconds = int(timeout * 1000)
    return KafkaAdminClient(
        bootstrap_servers=servers.split(","), bootstrap_timeout_ms=milliseconds, request_timeout_ms=milliseconds
    )


def describe_topic(servers: str, name: str, *, timeout: float) -> Topic:
    """The topic as it is now. Raises TopicMissing, or BrokerUnavailable within about `timeout` seconds."""
    with kafka_errors(servers), contextlib.closing(_admin(servers, timeout)) as admin:
        found = admin.describe_topics([name])[0]
    if found["error_code"] or not found["partitions"]:
        raise TopicMissing(
            f"Kafka at {servers} has no topic {name!r}; create it there, or set CONSENT_TOPIC to one that exists"
        )
    topic_id = found.get("topic_id")
    return Topic(
        name,
        UUID(str(topic_id)) if topic_id else _NO_TOPIC_ID,
        tuple(sorted(partition["partition_index"] for partition in found["partitions"])),
    )


def ensure_topic(servers: str, name: str, *, partitions: int, timeout: float, config: dict[str, str] | None = None) -> None:
    """Create the topic unless it is there."""
    with kafka_errors(servers), contextlib.closing(_admin(servers, timeout)) as admin:
        with contextlib.suppress(TopicAlreadyExistsError):
            admin.create_topics([NewTopic(name, partitions, 1, topic_configs=config or {})])
        admin.wait_for_topics([name], timeout_ms=int(timeout * 1000))
