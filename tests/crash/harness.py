"""Kill -9 at random moments, while events are sent, a refresh runs and a reader looks at what is published.

Processes are forked from a server that has imported everything and opened nothing, so a run takes less than a second
and death may come at any moment: while fetching, decoding, committing, checkpointing, publishing.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from typing import Any

from consent.errors import SnapshotMissing, WarehouseLocked
from consent.settings import Settings
from consent.verify import verify
from consent.warehouse import open_snapshot, open_warehouse
from ingestion.ingest import ingest
from ingestion.send import Line, send_records
from pipelines.refresh import refresh
from tests.ingestion.events import encode, event

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.crash.harness", "ingestion.kafka_python", "ingestion.librdkafka"])

BAD = b"not an event"


@dataclass
class Outcome:
    """What a series of kills has shown."""

    runs: int = 0
    sent: int = 0
    accepted: int = 0
    distinct: int = 0
    quarantined: int = 0
    refreshes_killed: int = 0
    problems: list[str] = field(default_factory=list)


def _ingest(settings: dict[str, Any], until_caught_up: bool) -> None:
    os.environ["CONSENT_LOG_LEVEL"] = "error"
    ingest(Settings.load(**settings), until_caught_up=until_caught_up)


def _send(settings: dict[str, Any], first: int, count: int) -> None:
    lines = (BAD if n % 50 == 0 else encode(event(subject=f"subject-{n:08}")) for n in range(first, first + count))
    send_records((Line(str(n).encode(), line) for n, line in enumerate(lines)), Settings.load(**settings))


def _refresh(settings: dict[str, Any]) -> None:
    while True:
        refresh(Settings.load(**settings))


def _look(settings: dict[str, Any]) -> None:
    """A dashboard: every published snapshot must be whole."""
    link = Settings.load(**settings).snapshot
    while True:
        with contextlib.suppress(SnapshotMissing), contextlib.closing(open_snapshot(link)) as connection:
            events = connection.execute("select events from meta").fetchall()[0][0]
            counted = connection.execute("select coalesce(sum(accepted), 0) from data_quality_daily").fetchall()[0][0]
            if events != counted:
                os._exit(3)
        time.sleep(0.05)


@contextlib.contextmanager
def _process(target: Any, *arguments: Any) -> Iterator[BaseProcess]:
    process = _FORKS.Process(target=target, args=arguments, daemon=True)
    process.start()
    try:
        yield process
    finally:
        kill(process)


def kill(process: BaseProcess) -> None:
    """Without a warning."""
    if process.pid and process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join()


def torment(settings: dict[str, Any], *, runs: int, seed: int, events_per_run: int = 400) -> Outcome:
    """Kill an ingest `runs` times, and verify after each; then let one reach the end and count.

    `settings` are overrides for Settings.load; small batches make for many commits.
    """
    chance, outcome = random.Random(seed), Outcome()
    with contextlib.ExitStack() as stack:
        looking = stack.enter_context(_process(_look, settings))
        refreshing = stack.enter_context(_process(_refresh, settings))
        for _ in range(runs):
            with _process(_send, settings, outcome.sent, events_per_run) as sending:
                with _process(_ingest, settings, False):
                    time.sleep(chance.uniform(0.05, 1.2))
                outcome.runs += 1
                sending.join()
                if sending.exitcode:
                    outcome.problems.append(f"run {outcome.runs}: sending ended with {sending.exitcode}")
            outcome.sent += events_per_run
            outcome.problems += [f"run {outcome.runs}: {problem}" for problem in problems(settings)]
            if chance.random() < 0.1:
                kill(refreshing)
                outcome.refreshes_killed += 1
                refreshing = stack.enter_context(_process(_refresh, settings))
            if not looking.is_alive():
                outcome.problems.append(f"run {outcome.runs}: a snapshot was not whole ({looking.exitcode})")
                looking = stack.enter_context(_process(_look, settings))
        kill(refreshing)
        with _process(_ingest, settings, True) as last:
            last.join()
        outcome.problems += problems(settings)
    _count(settings, outcome)
    return outcome


def problems(settings: dict[str, Any]) -> list[str]:
    """What `consent verify` would name."""
    made = Settings.load(**settings)
    for _ in range(3):
        with contextlib.suppress(WarehouseLocked), open_warehouse(made.warehouse, lock_timeout=60) as connection:
            return [verified.explanation for verified in verify(connection) if verified.explanation]
    return ["the warehouse stayed locked"]


def _count(settings: dict[str, Any], outcome: Outcome) -> None:
    with open_warehouse(Settings.load(**settings).warehouse) as connection:
        outcome.accepted, outcome.distinct = connection.execute(
            "select count(*), count(distinct event_id) from raw.events"
        ).fetchall()[0]
        outcome.quarantined = connection.execute("select count(*) from raw.quarantine").fetchall()[0][0]
