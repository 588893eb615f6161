"""The brokers that other tests rely on are there, and do not make topics by themselves."""

from __future__ import annotations

import pytest

from consent.errors import TopicMissing
from ingestion.topics import describe_topic, ensure_topic


def test_broker_makes_topics_only_when_told(kafka: str) -> None:
    with pytest.raises(TopicMissing):
        describe_topic(kafka, "never.made", timeout=10)
    ensure_topic(kafka, "made", partitions=3, timeout=10)
    assert describe_topic(kafka, "made", timeout=10).partitions == (0, 1, 2)
