"""Mutated records through the decoder into a warehouse: `python -m benchmarks.fuzz --records 1000000`.

Ends with 1 if an offset has no row, or memory grows: by more than FLAT_MB a million after the first quarter, with twice
the standard error taken off. Says how many were good, and how many had which reason.
"""

from __future__ import annotations

import argparse
import itertools
import math
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median

from scipy.stats import linregress

from benchmarks.memory_source import TOPIC, fill
from consent.verify import verify
from consent.warehouse import open_warehouse
from ingestion.ingest import give_memory_back
from ingestion.landing import Landing
from ingestion.source import Batch
from tests.ingestion.mutation import mutants

ROWS = 50_000
FLAT_MB, FEW = 10, 6


def resident_megabytes() -> float:
    """Memory held now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def growth_of(memory: list[float]) -> tuple[float, float]:
    """Megabytes more a million records, and the standard error of that; from few batches nothing can be told."""
    if len(memory) < FEW:
        return 0.0, math.inf
    trend = linregress(range(len(memory)), memory)
    return trend.slope * 1e6 / ROWS, trend.stderr * 1e6 / ROWS


def main() -> None:
    """Run it and print what it has shown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    reasons: Counter[str] = Counter()
    memory: list[float] = []
    accepted, started = 0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "warehouse.duckdb"
        landing = Landing(path, TOPIC, lock_timeout=10)
        landing.positions({0: 0})
        give_memory_back()  # as ingest does over librdkafka
        values, at = mutants(given.seed, given.records), 0
        while chunk := list(itertools.islice(values, ROWS)):
            batch = Batch(TOPIC)
            fill(batch, chunk, at)
            landed = landing.land(batch)
            at += len(chunk)
            accepted += landed.accepted
            for reason, count in landed.quarantined.items():
                reasons[reason.split()[0]] += count
            memory.append(resident_megabytes())
        landing.close()
        with open_warehouse(path) as connection:
            problems = [verified.explanation for verified in verify(connection) if verified.explanation]
    seconds = time.monotonic() - started
    quarter = max(1, len(memory) // 4)
    quarters = [median(memory[first : first + quarter]) for first in range(0, len(memory), quarter)]
    growth, error = growth_of(memory[quarter:])
    print(
        f"{at:,} mutants in {seconds:.0f} s: {accepted:,} good, {sum(reasons.values()):,} set aside, "
        f"{at - accepted - sum(reasons.values())} lost; memory after a batch, the median of each quarter: "
        f"{', '.join(f'{one:.0f}' for one in quarters)} MB; after the first, "
        f"{growth:+.0f} ± {2 * error:.0f} MB a million"
    )
    for reason, count in reasons.most_common():
        print(f"  {reason:20}{count:>9,}")
    for problem in problems:
        print(problem)
    grows = growth - 2 * error > FLAT_MB
    sys.exit(bool(problems) or grows or at != accepted + sum(reasons.values()))


if __name__ == "__main__":
    main()
