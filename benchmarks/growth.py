"""The same events into an empty table and into one that holds 50 million: `python -m benchmarks.growth`.

Prints the seconds of both, wall clock and CPU, their ratios, and the bytes on disk an event takes. A short version is
`--events 250000 --held 5000000`.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from benchmarks.ingest import BATCH, slim
from benchmarks.memory_source import TOPIC, fill
from consent.warehouse import open_warehouse
from ingestion.landing import Landing
from ingestion.source import Batch
from pipelines.population import Population


def land(path: Path, values: list[bytes], first: int) -> tuple[float, float]:
    """Seconds (wall clock, CPU) to land them all, in batches as ingest makes them."""
    landing = Landing(path, TOPIC, lock_timeout=10)
    landing.positions({0: first})
    started, cpu = time.perf_counter(), time.process_time()
    for begin in range(0, len(values), BATCH):
        part = values[begin : begin + BATCH]
        batch = Batch(TOPIC)
        fill(batch, part, first + begin)
        landing.land(batch)
    seconds = time.perf_counter() - started, time.process_time() - cpu
    landing.close()
    return seconds


def main() -> None:
    """Land, multiply what is there with new random ids, land again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--held", type=int, default=50_000_000)
    given = parser.parse_args()
    population = Population(given.events, 1, datetime(2026, 11, 1, tzinfo=UTC))
    values = list(islice(filter(None, (slim(record.value) for record in population.records())), given.events))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.duckdb"
        land(Path(folder) / "warm.duckdb", values[:BATCH], 0)
        empty, empty_cpu = land(path, values, 0)
        size = path.stat().st_size
        print(
            f"into an empty table: {empty:.1f} s, {empty_cpu:.1f} s of CPU, {size / len(values):.0f} bytes an event",
            flush=True,
        )
        with open_warehouse(path) as connection:
            connection.execute("create temp table held as select * from raw.events")
            for _ in range(given.held // len(values) - 1):
                connection.execute("insert into raw.events select * replace (uuid() as event_id) from held")
            held = connection.execute("select count(*) from raw.events").fetchall()[0][0]
        full, full_cpu = land(path, values, len(values))
        print(
            f"into one of {held:,}: {full:.1f} s, {full_cpu:.1f} s of CPU: {full / empty:.2f} times as long, "
            f"{full_cpu / empty_cpu:.2f} times the CPU; the file has "
            f"{path.stat().st_size / 1e9:.2f} GB, {path.stat().st_size / (held + len(values)):.0f} bytes an event"
        )


if __name__ == "__main__":
    main()
