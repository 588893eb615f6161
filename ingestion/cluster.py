"""What a broker says about the topic: how many brokers, how far it reaches, how long it keeps records."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import Any

import duckdb
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, OffsetSpec
from kafka.errors import KafkaError

from consent.settings import Settings
from ingestion.broker import bootstrap_servers
from ingestion.connection import kafka_errors, security
from ingestion.topics import Topic, ask_topic, open_admin


@dataclass(frozen=True)
class Cluster:
    """The brokers and the topic as they are now; `first` and `end` are offsets by partition.

    `retention_ms` is -1 for ever, and None where the broker does not tell, as the embedded one, whose ends
    may also be short until another batch comes. Ends include what an open transaction still hides from readers.
    """

    servers: str
    brokers: int
    topic: Topic
    first: dict[int, int]
    end: dict[int, int]
    retention_ms: int | None
    cleanup_policy: str | None


def describe_cluster(settings: Settings) -> Cluster:
    """Ask the broker. Raises BrokerUnavailable, TopicMissing and SettingsError."""
    servers = bootstrap_servers(settings)
    secured = security(settings)
    with (
        kafka_errors(servers, secured),
        contextlib.closing(open_admin(servers, settings.kafka_timeout, secured)) as admin,
    ):
        brokers = len(admin.describe_cluster()["brokers"])
        topic = ask_topic(admin, servers, settings.topic)
        first = _offsets(admin, topic, OffsetSpec.EARLIEST)
        end = _offsets(admin, topic, OffsetSpec.LATEST)
        config = _config(admin, topic)
    retention = config.get("retention.ms")
    return Cluster(
        servers, brokers, topic, first, end, int(retention) if retention else None, config.get("cleanup.policy")
    )


def lag_of(connection: duckdb.DuckDBPyConnection, cluster: Cluster) -> dict[int, int]:
    """How many offsets wait in each partition after those in the warehouse; one never read counts from its first."""
    positions = dict(
        connection.execute(
            "select partition, next_offset from raw.offsets where topic = ? and topic_id = ?",
            [cluster.topic.name, cluster.topic.topic_id],
        ).fetchall()
    )
    return {
        partition: max(0, end - positions.get(partition, cluster.first[partition]))
        for partition, end in cluster.end.items()
    }


def _offsets(admin: KafkaAdminClient, topic: Topic, which: OffsetSpec) -> dict[int, int]:
    asked = {TopicPartition(topic.name, partition): which for partition in topic.partitions}
    found = admin.list_partition_offsets(asked)
    return {at.partition: place.offset for at, place in found.items()}


def _config(admin: KafkaAdminClient, topic: Topic) -> dict[str, str]:
    try:
        found: dict[str, Any] = admin.describe_configs(
            [ConfigResource(ConfigResourceType.TOPIC, topic.name)], config_filter="all"
        )
    except KafkaError:  # the embedded broker hangs up, and not everyone may ask
        return {}
    return {
        name: str(entry["value"])
        for of_type in found.values()
        for of_topic in of_type.values()
        for name, entry in of_topic.items()
        if name in ("retention.ms", "cleanup.policy")
    }
