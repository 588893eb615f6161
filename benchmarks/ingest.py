"""Kafka to DuckDB, beside the practical limit and the usual path: `python -m benchmarks.ingest [--events 1000000]`.

    a  limit               DuckDB's read_json of the same bytes in one shot into a table of the same columns
    b  memory              ours, from bytes in memory: decode, judge, land
    c  librdkafka          ours over Kafka with confluent-kafka          (if installed)
    d  kafka-python        ours over Kafka with kafka-python
    e  … alone             each client by itself, values thrown away; kafka-python as it comes, with its own reading
                           of records, which ingest does without (ingestion/kafka_records.py)
    f  usual               confluent-kafka (else kafka-python), orjson or json per event, Arrow, INSERT: no judgement

Each case is a process of its own, run in turn on the same topic; rates, CPU seconds per million and peak memory are
its own, broker not included; of several rounds, medians. The broker is Apache Kafka where its jars are found
(CONSENT_TEST_KAFKA_JARS or .kafka/), else the embedded one. On a machine that others use, believe the CPU seconds: they
need no idle core.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median
from unittest.mock import patch

import duckdb

from benchmarks.comparators import flat, kafka_python, limit
from benchmarks.memory_source import MemorySource
from consent.settings import Settings
from ingestion.broker import EmbeddedBroker
from ingestion.ingest import ingest
from ingestion.send import Line, send_records
from ingestion.source import Batch, open_source
from ingestion.topics import ensure_topic
from pipelines.population import Population
from tests.kafka.cluster import ApacheKafka, missing

PARTITIONS = 4
BATCH = Settings.load().ingest_batch_rows
USUAL_BATCH = 125_000  # what suits DuckDB's own row group: less would be written twice


def settings_of(folder: Path, servers: str, client: str) -> Settings:
    return Settings.load(
        home=folder, kafka_bootstrap_servers=servers or None, topic="bench", kafka_client=client, ingest_max_latency=60
    )


def memory(folder: Path, events: Path, _servers: str) -> int:
    """The same loop, with a source that needs no broker."""
    with patch("ingestion.ingest.open_source", lambda _settings: MemorySource(events)):
        done = ingest(settings_of(folder, "", "librdkafka"), until_caught_up=True)
    return done.accepted + done.quarantined


def over_kafka(client: str) -> Callable[[Path, Path, str], int]:
    def run(folder: Path, _events: Path, servers: str) -> int:
        done = ingest(settings_of(folder, servers, client), until_caught_up=True)
        return done.accepted + done.quarantined

    return run


def alone(client: str) -> Callable[[Path, Path, str], int]:
    def run(folder: Path, _events: Path, servers: str) -> int:
        return sum(len(batch) for batch in batches(settings_of(folder, servers, client)))

    return run


def batches(settings: Settings, rows: int = BATCH) -> Iterator[Batch]:
    with contextlib.closing(open_source(settings)) as source:
        first, end = source.offsets()
        source.assign(first)
        left = sum(end.values()) - sum(first.values())
        while left > 0:
            batch = Batch(source.topic)
            while len(batch) < rows and left > 0:
                left -= source.poll_into(batch, timeout=0.5, max_records=20_000)
            yield batch


def usual(folder: Path, _events: Path, servers: str) -> int:
    try:
        from orjson import loads
    except ImportError:
        from json import loads
    client = "librdkafka" if has_librdkafka() else "kafka-python"
    count = 0
    with duckdb.connect(str(folder / "usual.duckdb")) as connection:
        for batch in batches(settings_of(folder, servers, client), USUAL_BATCH):
            rows = [loads(value) for value in batch.values if value and value[:1] == b"{" and value[-1:] == b"}"]
            arrived = flat(rows)
            exists = connection.execute("select 1 from duckdb_tables() where table_name = 't'").fetchall()
            connection.execute("insert into t select * from arrived" if exists else "create table t as from arrived")
            count += len(batch)
            del arrived
    return count


def has_librdkafka() -> bool:
    with contextlib.suppress(ImportError):
        import confluent_kafka  # noqa: F401

        return True
    return False


CASES: dict[str, Callable[[Path, Path, str], int]] = {
    "limit": limit,
    "memory": memory,
    "librdkafka": over_kafka("librdkafka"),
    "kafka-python": over_kafka("kafka-python"),
    "librdkafka alone": alone("librdkafka"),
    "kafka-python alone": kafka_python,
    "usual": usual,
}
RATIOS = (
    ("memory", "limit"),
    ("librdkafka", "limit"),
    ("librdkafka", "usual"),
    ("kafka-python", "kafka-python alone"),
    ("kafka-python", "usual"),
)


def measure(case: str, events: Path, servers: str) -> None:
    """Run one case in this process and print its figures as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        started, cpu_before = time.perf_counter(), time.process_time()
        count = CASES[case](Path(folder), events, servers)
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu_before
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.duckdb"))
    status = Path("/proc/self/status").read_text()  # getrusage would tell the parent's peak as well
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"count": count, "s": seconds, "cpu": cpu, "mb": peak, "bytes": size}))


def slim(value: bytes) -> bytes | None:
    """A good event without what most producers leave out, about 430 bytes; None for one that is not good."""
    try:
        event = json.loads(value)
    except ValueError:
        return None
    if not isinstance(event, dict):
        return None
    for name in ("notice_hash", "source", "policy_version"):
        event.pop(name, None)
    if isinstance(event.get("storage"), list):
        event["storage"] = event["storage"][:2]
    return json.dumps(event, separators=(",", ":")).encode()


def main() -> None:
    """Make the events, fill the topic, run every case, print one table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=1, help="the median of so many is shown")
    parser.add_argument("--case", choices=CASES, help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--servers", default="", help="a running Kafka; default: one of our own")
    given = parser.parse_args()
    if given.case:
        measure(given.case, given.file, given.servers)
        return
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # for the cases: as the command has it
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        events = Path(folder) / "events.ndjson"
        population = Population(given.events, 1, datetime(2026, 11, 1, tzinfo=UTC))
        good = list(islice(filter(None, (slim(record.value) for record in population.records())), given.events))
        events.write_bytes(b"\n".join(good) + b"\n")
        print(f"{len(good):,} events of {events.stat().st_size / len(good):.0f} bytes, {PARTITIONS} partitions")
        servers = given.servers
        if not servers:
            (Path(folder) / "kafka").mkdir()
            broker = EmbeddedBroker() if missing() else ApacheKafka(Path(folder) / "kafka")
            servers = stack.enter_context(broker).bootstrap_servers
            print(f"broker: {type(broker).__name__}")
        ensure_topic(servers, "bench", partitions=PARTITIONS, timeout=20)
        # Keys spread the records over the partitions evenly.
        send_records(
            (Line(str(n).encode(), value) for n, value in enumerate(good)),
            settings_of(Path(folder), servers, "kafka-python"),
        )
        del good
        show(events, servers, given.rounds)


@dataclass(frozen=True)
class Run:
    """One case once: events a second, CPU seconds per million, peak megabytes, bytes an event on disk."""

    rate: float
    cpu: float
    memory: float
    size: float


def run(case: str, events: Path, servers: str) -> Run:
    """In a process of its own."""
    command = [sys.executable, "-m", "benchmarks.ingest", "--case", case, "--file", str(events), "--servers", servers]
    done = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    count = done["count"]
    return Run(count / done["s"], done["cpu"] / count * 1e6, done["mb"], done["bytes"] / count)


def show(events: Path, servers: str, rounds: int) -> None:
    """Run all cases in each round; print the median of each, and of what one is of another in the same round."""
    cases = [case for case in CASES if has_librdkafka() or not case.startswith("librdkafka")]
    runs = []
    for number in range(rounds):
        runs.append({case: run(case, events, servers) for case in cases})
        print(f"round {number + 1} of {rounds} done", file=sys.stderr, flush=True)
    print(f"{'case':20}{'events/s':>12}{'CPU s/M':>10}{'peak MB':>9}{'bytes/event':>13}")
    for case in cases:
        rate, cpu, memory, size = (
            median(values) for values in zip(*(astuple(each[case]) for each in runs), strict=True)
        )
        print(f"{case:20}{rate:>12,.0f}{cpu:>10.2f}{memory:>9.0f}{size:>13.0f}")
    print(f"{'ratio':36}{'of events/s':>12}{'of CPU':>8}  of events/s in each round")
    for case, other in RATIOS:
        if {case, other} <= set(cases):
            rates = [each[case].rate / each[other].rate for each in runs]
            cpu = median(each[other].cpu / each[case].cpu for each in runs)
            listed = " ".join(f"{rate:.2f}" for rate in sorted(rates))
            print(f"{f'{case} / {other}':36}{median(rates):>12.2f}{cpu:>8.2f}  {listed}")


if __name__ == "__main__":
    main()
