"""What compiled reading and judging take, in one thread: `python -m benchmarks.recognizer`.

Microseconds an event for the machine alone, for that and the columns made of it, and for decoding a batch of them; and
the milliseconds that judging 51 bad records takes, most of which is planning. Each is the best of several runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import islice

import pyarrow as pa

from benchmarks.ingest import BATCH, slim
from benchmarks.memory_source import TOPIC, fill
from ingestion.decoder import Decoder
from ingestion.recognizer import recognizer
from ingestion.source import Batch
from pipelines.population import Population

ROUNDS = 12


def best(work: Callable[[], object]) -> float:
    """Seconds."""
    taken = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return min(taken)


def batch_of(values: list[bytes]) -> pa.Table:
    batch = Batch(TOPIC)
    fill(batch, values, 0)
    return batch.to_arrow()


def main() -> None:
    """Measure and print."""
    made = recognizer()
    if not made:
        raise SystemExit("compiled reading is not installed: run `make install-compiled`")
    population = Population(BATCH, 1, datetime(2026, 11, 1, tzinfo=UTC))
    good = list(islice(filter(None, (slim(record.value) for record in population.records())), BATCH))
    events, bad = batch_of(good), batch_of([b"{", b"\xff", good[0][:-1]] * 17)
    texts = events.column("value").chunk(0).cast(pa.string())
    spent = 0.0
    read = made._machine.read

    def timed(*given: object) -> int:
        nonlocal spent
        started = time.perf_counter()
        rows = read(*given)  # type: ignore[arg-type]
        spent = time.perf_counter() - started
        return rows

    made._machine.read = timed  # type: ignore[method-assign]
    machine = []
    columns = best(lambda: (made.read(texts), machine.append(spent)))
    with Decoder(1) as decoder:
        whole, few = best(lambda: decoder.decode(events)), best(lambda: decoder.decode(bad))
    each = 1e6 / len(good)
    print(f"{len(good):,} events: machine {min(machine) * each:.2f} µs, with columns {columns * each:.2f}, "
          f"decoded {whole * each:.2f}; 51 bad records {few * 1e3:.1f} ms")  # fmt: skip


if __name__ == "__main__":
    main()
