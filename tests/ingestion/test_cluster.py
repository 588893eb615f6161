"""What a broker says about the topic, on both kinds of broker."""

from __future__ import annotations

import uuid

import pytest

from consent.errors import BrokerUnavailable, TopicMissing
from consent.settings import Settings
from consent.warehouse import open_warehouse
from ingestion.cluster import describe_cluster, lag_of
from ingestion.ingest import ingest
from ingestion.send import send_lines
from ingestion.topics import ensure_topic
from tests.ingestion.events import encode, event


@pytest.fixture
def settings(kafka: str, settings: Settings) -> Settings:
    return settings.model_copy(
        update={
            "kafka_bootstrap_servers": kafka,
            "topic": f"consent.test.{uuid.uuid4().hex[:8]}",
            "ingest_max_latency": 0.2,
        }
    )


def test_lag_is_what_waits_after_what_has_landed(kafka: str, settings: Settings) -> None:
    ensure_topic(kafka, settings.topic, partitions=2, timeout=10)
    send_lines((encode(event(subject=f"subject-{number:04}")) for number in range(30)), settings)
    ingest(settings, until_caught_up=True)
    send_lines([encode(event())] * 11, settings)
    send_lines([encode(event())], settings)  # the embedded broker's end offset is short until another batch comes
    cluster = describe_cluster(settings)
    assert cluster.brokers == 1
    assert cluster.topic.partitions == (0, 1)
    with open_warehouse(settings.warehouse) as connection:
        lag = lag_of(connection, cluster)
    assert set(lag) == {0, 1}
    assert sum(lag.values()) == 12


@pytest.mark.kafka
def test_retention_and_cleanup_are_told(apache_kafka: str, settings: Settings) -> None:
    config = {"retention.ms": "3600000", "cleanup.policy": "compact"}
    settings = settings.model_copy(update={"kafka_bootstrap_servers": apache_kafka})
    ensure_topic(apache_kafka, settings.topic, partitions=1, timeout=10, config=config)
    cluster = describe_cluster(settings)
    assert (cluster.retention_ms, cluster.cleanup_policy) == (3_600_000, "compact")


def test_a_missing_topic_and_a_missing_broker_are_told_apart(settings: Settings) -> None:
    with pytest.raises(TopicMissing):
        describe_cluster(settings)
    with pytest.raises(BrokerUnavailable):
        describe_cluster(settings.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:1", "kafka_timeout": 1.0}))
