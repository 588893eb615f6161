"""Kill Kafka for 30 s under load, and the collector twice: `python -m benchmarks.collect_faults [--client librdkafka]`.

Ends with 1 unless every event that was acknowledged is in the warehouse, and counted once after a refresh.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from consent.settings import Settings
from consent.warehouse import open_warehouse
from ingestion.ingest import ingest
from ingestion.topics import ensure_topic
from pipelines.refresh import refresh
from tests.ingestion.collector.harness import running, torment
from tests.kafka.cluster import ApacheKafka


def main() -> None:
    """Run it and print what it has shown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--down", type=float, default=30.0, help="seconds that Kafka is away")
    parser.add_argument("--client", choices=["kafka-python", "librdkafka"], default="kafka-python")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, ApacheKafka(Path(name)) as kafka:
        folder = Path(name)
        settings = Settings.load(home=folder / "home", kafka_bootstrap_servers=kafka.bootstrap_servers)
        ensure_topic(kafka.bootstrap_servers, settings.topic, partitions=4, timeout=20)
        environment = {
            "CONSENT_HOME": str(settings.home),
            "CONSENT_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
            "CONSENT_KAFKA_CLIENT": given.client,
        }
        with running(environment, folder / "collector.log") as collector:
            acknowledged = torment(kafka, collector, down=given.down)
        landed = ingest(settings, until_caught_up=True)
        refresh(settings)
        with open_warehouse(settings.warehouse) as connection:
            counted = [row[0] for row in connection.execute("select event_id::varchar from staging.events").fetchall()]
    lost = len(acknowledged - set(counted))
    twice = len(counted) - len(set(counted))
    print(
        f"{given.client}: Kafka away for {given.down:g} s and killed, the collector killed twice\n"
        f"acknowledged {len(acknowledged):,}, landed {landed.accepted:,} (repeats included), counted {len(counted):,}: "
        f"{lost} lost, {twice} counted twice"
    )
    sys.exit(bool(lost or twice))


if __name__ == "__main__":
    main()
