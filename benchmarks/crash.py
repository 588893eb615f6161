"""Kill an ingest many times and count: `python -m benchmarks.crash --runs 300 --client librdkafka`.

Ends with 1 if anything was lost, came twice, or did not verify after any kill.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from ingestion.broker import EmbeddedBroker
from ingestion.topics import ensure_topic
from tests.crash.harness import torment


def main() -> None:
    """Run it and print what it has shown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--client", choices=["kafka-python", "librdkafka"], default="kafka-python")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, EmbeddedBroker() as broker:
        ensure_topic(broker.bootstrap_servers, "consent.crash", partitions=4, timeout=10)
        settings = {
            "home": str(Path(folder) / "home"),
            "kafka_bootstrap_servers": broker.bootstrap_servers,
            "kafka_client": given.client,
            "topic": "consent.crash",
            "ingest_group": "",
            "ingest_batch_rows": 60,
            "ingest_max_latency": 0.1,
        }
        started = time.monotonic()
        outcome = torment(settings, runs=given.runs, seed=given.seed)
    print(
        f"{given.client}: {outcome.runs} kills of ingest, {outcome.refreshes_killed} of a refresh, "
        f"in {time.monotonic() - started:.0f} s"
    )
    print(
        f"sent {outcome.sent}: {outcome.accepted} events ({outcome.distinct} distinct), "
        f"{outcome.quarantined} in quarantine, {outcome.sent - outcome.distinct - outcome.quarantined} lost"
    )
    for problem in outcome.problems:
        print(problem)
    sys.exit(
        bool(outcome.problems)
        or outcome.accepted != outcome.distinct
        or outcome.sent != outcome.accepted + outcome.quarantined
    )


if __name__ == "__main__":
    main()
