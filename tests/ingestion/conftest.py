"""Each test of a source runs with both Kafka clients, on both kinds of broker."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from tests.ingestion.topic import CLIENTS, Topic, having


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> str:
    return having(str(request.param))


@pytest.fixture
def topic(client: str, kafka: str, request: pytest.FixtureRequest) -> Iterator[Topic]:
    with contextlib.closing(Topic(kafka, client)) as made:
        made.is_embedded = "embedded_kafka" in request.fixturenames
        yield made


@pytest.fixture
def apache_topic(client: str, apache_kafka: str) -> Iterator[Topic]:
    with contextlib.closing(Topic(apache_kafka, client)) as made:
        yield made
