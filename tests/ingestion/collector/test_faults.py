"""What was acknowledged is in DuckDB, whoever is killed. `benchmarks.collect_faults` does this for longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from consent.settings import Settings
from consent.warehouse import open_warehouse
from ingestion.ingest import ingest
from ingestion.topics import ensure_topic
from tests.conftest import require
from tests.ingestion.collector.harness import running, torment
from tests.kafka import cluster


@pytest.mark.kafka
def test_broker_and_collector_killed_under_load(tmp_path: Path) -> None:
    if reason := cluster.missing():
        require(reason)
    home = tmp_path / "home"
    with cluster.ApacheKafka(tmp_path) as kafka:
        settings = Settings.load(home=home, kafka_bootstrap_servers=kafka.bootstrap_servers)
        ensure_topic(kafka.bootstrap_servers, settings.topic, partitions=4, timeout=20)
        environment = {"CONSENT_HOME": str(home), "CONSENT_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers}
        with running(environment, tmp_path / "collector.log") as collector:
            acknowledged = torment(kafka, collector, down=4)
            status, text = collector.get("/metrics")
            assert status == 200
            assert b"consent_collector_direct 1.0" in text
        ingest(settings, until_caught_up=True)
    assert list((home / "collector" / "spool").glob("*.segment")) == []
    with open_warehouse(settings.warehouse) as connection:
        rows = connection.execute("select distinct event_id::varchar from raw.events").fetchall()
    assert len(acknowledged) > 100
    assert acknowledged - {row[0] for row in rows} == set(), "nothing acknowledged is lost"


def test_without_kafka_it_takes_events_and_tells(tmp_path: Path) -> None:
    environment = {
        "CONSENT_HOME": str(tmp_path / "home"),
        "CONSENT_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "CONSENT_KAFKA_TIMEOUT": "0.5",
    }
    log = tmp_path / "collector.log"
    with running(environment, log) as collector:
        assert collector.health() == {"status": "spooling", "spooled": 0, "spool_bytes": 0}
    assert "events go to the spool" in log.read_text()
