"""From produce to a visible row at a steady rate: `python -m benchmarks.freshness [--rate 1000] [--seconds 60]`.

Ingest runs before the first record is sent, and the first seconds (`--settle`) do not count.
"""

from __future__ import annotations

import argparse
import tempfile
import threading
import time
from bisect import bisect_left
from pathlib import Path

from kafka import KafkaProducer

from consent.settings import Settings
from consent.warehouse import open_warehouse
from ingestion.broker import EmbeddedBroker
from ingestion.ingest import Ingested, ingest
from ingestion.topics import ensure_topic
from tests.ingestion.events import encode, event


def produce(servers: str, rate: int, seconds: int) -> None:
    """One record after the other, evenly."""
    producer = KafkaProducer(bootstrap_servers=servers, acks="all", linger_ms=5)
    begin = time.monotonic()
    for number in range(rate * seconds):
        wait = begin + number / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        producer.send("fresh", value=encode(event()), key=str(number).encode(), timestamp_ms=int(time.time() * 1000))
    producer.flush()
    producer.close()


def main() -> None:
    """Produce and ingest at once; each row is visible from the commit of its batch on."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--settle", type=float, default=5)
    parser.add_argument("--client", default="kafka-python")
    given = parser.parse_args()
    commits: list[tuple[int, float]] = []

    def committed(totals: Ingested) -> None:
        commits.append((totals.accepted, time.time()))

    with tempfile.TemporaryDirectory() as folder, EmbeddedBroker() as broker:
        ensure_topic(broker.bootstrap_servers, "fresh", partitions=4, timeout=10)
        settings = Settings.load(
            home=Path(folder), kafka_bootstrap_servers=broker.bootstrap_servers, topic="fresh", ingest_group="",
            kafka_client=given.client,
        )  # fmt: skip
        stop = threading.Event()
        running = threading.Thread(target=ingest, args=(settings,), kwargs={"stop": stop, "on_batch": committed})
        running.start()
        while not settings.warehouse.exists():
            time.sleep(0.05)
        time.sleep(1)
        begun = time.time()
        produce(broker.bootstrap_servers, given.rate, given.seconds)
        time.sleep(3)
        stop.set()
        running.join()
        with open_warehouse(settings.warehouse) as connection:
            rows = connection.execute("select epoch(kafka_timestamp) from raw.events order by rowid").fetchall()
    counts = [count for count, _ in commits]
    ages = sorted(
        commits[bisect_left(counts, place)][1] - row[0]
        for place, row in enumerate(rows, 1)
        if row[0] >= begun + given.settle
    )
    print(
        f"{len(rows):,} events at {given.rate}/s in {len(commits)} commits: visible after "
        f"p50 {ages[len(ages) // 2]:.2f} s, p99 {ages[int(len(ages) * 0.99)]:.2f} s, at most {ages[-1]:.2f} s"
    )


if __name__ == "__main__":
    main()
