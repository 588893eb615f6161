"""The demo: the whole way from banner events to a served dashboard, on the embedded broker, for real."""

from __future__ import annotations

import contextlib
import json
import resource
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from consent.errors import ConsentError
from consent.settings import Settings
from consent.warehouse import open_snapshot
from dashboards.reports import Report, write_report
from ingestion.broker import PARTITIONS, broker_at_home
from ingestion.connection import security
from ingestion.ingest import Ingested, ingest
from ingestion.send import send_records
from ingestion.topics import ensure_topic
from pipelines.population import Planted, Population
from pipelines.refresh import Refreshed, refresh

_MARKER = "demo.json"


@dataclass(frozen=True)
class Demo:
    """What a demo did."""

    planted: Planted
    sent: int
    send_seconds: float
    ingested: Ingested
    refreshed: Refreshed
    refresh_seconds: float
    reports: list[Path]
    seconds: float

    @property
    def peak_megabytes(self) -> float:
        """The most memory this process has held, in MB (Linux counts in KiB)."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_demo(
    settings: Settings, *, events: int, seed: int, end: datetime, progress: Callable[[str, int, int], None]
) -> Demo:
    """Make the population, send, ingest, refresh as of `end`, write the report.

    `progress(stage, done, of)` is called along the way. Starts anew where an earlier demo was; raises ConsentError
    rather than touch a home that holds anything else.
    """
    started = time.monotonic()
    try:
        population = Population(events, seed, end)
    except ValueError as error:
        raise ConsentError(f"demo: {error}") from None
    _start_anew(settings, {"events": events, "seed": seed, "end": end.isoformat()})
    with _kafka(settings) as streaming:
        sending = time.monotonic()
        sent = send_records(population.records(), streaming, on_progress=lambda done: progress("sending", done, events))
        send_seconds = time.monotonic() - sending
        progress("sending", sent, sent)
        ingested = ingest(
            streaming,
            until_caught_up=True,
            on_batch=lambda totals: progress("ingesting", totals.accepted + totals.quarantined, sent),
        )
    progress("refreshing", 0, 1)
    refreshing = time.monotonic()
    refreshed = refresh(settings, as_of=end)
    refresh_seconds = time.monotonic() - refreshing
    progress("refreshing", 1, 1)
    reports = write_report(settings, Report(formats=("html", "csv"))).save(settings.reports)
    return Demo(
        population.planted,
        sent,
        send_seconds,
        ingested,
        refreshed,
        refresh_seconds,
        reports,
        time.monotonic() - started,
    )


@contextlib.contextmanager
def _kafka(settings: Settings) -> Iterator[Settings]:
    """The embedded broker; or, where a Kafka is configured, a topic of the demo's own on it that keeps old events."""
    if settings.kafka_bootstrap_servers:
        topic = f"consent.demo.{uuid.uuid4().hex[:8]}"
        servers, keep = settings.kafka_bootstrap_servers, {"retention.ms": "-1"}
        ensure_topic(
            servers,
            topic,
            partitions=PARTITIONS,
            timeout=settings.kafka_timeout,
            config=keep,
            security=security(settings),
        )
        yield settings.model_copy(update={"topic": topic})
    else:
        with broker_at_home(settings):
            yield settings


def _start_anew(settings: Settings, made: dict[str, object]) -> None:
    marker = settings.home / _MARKER
    if settings.warehouse.exists() and not marker.exists():
        raise ConsentError(f"{settings.home} holds data that is not the demo's; choose another folder with --home")
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        marker.write_text(json.dumps(made))
        for path in (settings.warehouse, settings.warehouse.with_suffix(".duckdb.wal"), settings.snapshot):
            path.unlink(missing_ok=True)
        for folder in (settings.home / "snapshots", settings.reports, settings.dagster_home):
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise ConsentError(f"{settings.home}: cannot write: {error.strerror}") from None


def headline(settings: Settings) -> list[tuple[str, int, int]]:
    """The opt-in rate per canonical category over everything published: category, granted, shown."""
    with contextlib.closing(open_snapshot(settings.snapshot)) as connection:
        return connection.execute(
            "select category, sum(granted)::bigint, sum(shown)::bigint from opt_in_daily "
            "where not impressions_missing and category <> 'necessary' group by category order by category"
        ).fetchall()


def findings_by_severity(settings: Settings) -> list[tuple[str, int]]:
    """Open findings by severity, worst first."""
    with contextlib.closing(open_snapshot(settings.snapshot)) as connection:
        return connection.execute(
            "select severity, count(*) from findings where status = 'open' group by severity "
            "order by list_position(['critical', 'high', 'medium', 'low'], severity)"
        ).fetchall()
