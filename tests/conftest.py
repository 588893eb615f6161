"""What every test can ask for: a home of its own, and brokers that live as long as the session.

`kafka` runs a test twice, on the embedded broker and on a real Apache Kafka. Where the real one is missing, its
tests are skipped with a line that says how to get it; with CONSENT_TEST_REQUIRE_ALL=1 they fail instead.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from consent.settings import Settings
from ingestion.broker import EmbeddedBroker
from tests.kafka import cluster


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of whoever runs the tests does not reach them."""
    for name in os.environ:
        if name.startswith(("CONSENT_", "DAGSTER_")) and not name.startswith("CONSENT_TEST_"):
            monkeypatch.delenv(name)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings.load(home=home)


@pytest.fixture(scope="session")
def embedded_kafka() -> Iterator[str]:
    """The address of an embedded broker."""
    with EmbeddedBroker() as broker:
        yield broker.bootstrap_servers


@pytest.fixture(scope="session")
def apache_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real Apache Kafka; mark tests that ask for it directly with `kafka`."""
    if reason := cluster.missing():
        require(reason)
    with cluster.ApacheKafka(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker.bootstrap_servers


@pytest.fixture(params=["embedded", pytest.param("apache", marks=pytest.mark.kafka)])
def kafka(request: pytest.FixtureRequest) -> str:
    """The address of each kind of broker in turn."""
    return str(request.getfixturevalue(f"{request.param}_kafka"))


def require(reason: str) -> None:
    """Skip for want of something; fail where everything is required."""
    if os.environ.get("CONSENT_TEST_REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
