"""The doctor: what is reachable, writable and fresh, and what to do where it is not."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from consent.errors import ConsentError, SnapshotMissing, TopicMissing, WarehouseLocked
from consent.policies import Registry
from consent.settings import Settings
from consent.warehouse import open_existing, open_snapshot
from ingestion.cluster import Cluster, describe_cluster, lag_of
from pipelines.diagnosis import Diagnosis
from pipelines.notification_check import mail_server, notification_targets

GIB = 1024**3
_DISK_FAIL, _DISK_WARN = GIB, 5 * GIB
_STALE = timedelta(hours=24)  # as the check `freshness` has it
_SHORT_RETENTION = timedelta(days=3)  # a weekend with ingest down
_LOCK_WAIT = 2.0


def examine(settings: Settings) -> Iterator[Diagnosis]:
    """Look at everything, from the ground up; the network comes last and takes up to `CONSENT_KAFKA_TIMEOUT`."""
    looks: tuple[Callable[[Settings], Iterator[Diagnosis]], ...] = (
        _home,
        _disk,
        _policies,
        _warehouse,
        _snapshot,
        _dagster,
        notification_targets,
        mail_server,
        _kafka,
    )
    for look in looks:
        yield from look(settings)


def _home(settings: Settings) -> Iterator[Diagnosis]:
    home, existing = settings.home, _existing(settings.home)
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        yield Diagnosis(
            "fail", "home", f"{existing} is not writable: {error.strerror}", "change its owner, or set CONSENT_HOME"
        )
        return
    made = "" if home.is_dir() else ", made by the first command that needs it"
    yield Diagnosis("ok", "home", f"{home} is writable{made}")


def _disk(settings: Settings) -> Iterator[Diagnosis]:
    usage = shutil.disk_usage(_existing(settings.home))
    free = f"{usage.free / GIB:,.1f} of {usage.total / GIB:,.1f} GiB free"
    if usage.free < _DISK_FAIL:
        yield Diagnosis("fail", "disk", free, "free some: ingest stops where it cannot write, and loses nothing")
    elif usage.free < _DISK_WARN:
        yield Diagnosis("warn", "disk", free, "plan for more: 70 bytes for an event, and a copy of each mart")
    else:
        yield Diagnosis("ok", "disk", free)


def _policies(settings: Settings) -> Iterator[Diagnosis]:
    try:
        registry = Registry.load(settings.policies)
    except ConsentError as error:
        yield Diagnosis("fail", "policies", str(error), "mend the file; nothing can be refreshed until then")
        return
    yield Diagnosis(
        "ok", "policies", f"{len(registry.sites)} sites, {len(registry.rules)} rules in {settings.policies}"
    )


def _warehouse(settings: Settings) -> Iterator[Diagnosis]:
    subject = "warehouse"
    if not settings.warehouse.exists():
        yield Diagnosis("warn", subject, f"{settings.warehouse} is not there", "run `consent ingest`")
        return
    try:
        with open_existing(settings.warehouse, lock_timeout=_LOCK_WAIT) as connection:
            version, events = connection.execute(
                "select (select tags['storage_version'] from duckdb_databases() where database_name = 'warehouse'), "
                "(select count(*) from raw.events)"
            ).fetchall()[0]
    except WarehouseLocked as error:
        yield Diagnosis("warn", subject, str(error), "look again later; if it lasts, find who holds it (fuser)")
    except ConsentError as error:
        yield Diagnosis(
            "fail", subject, str(error), f"open it with the DuckDB that wrote it; this is {duckdb.__version__}"
        )
    else:
        size = settings.warehouse.stat().st_size / GIB
        yield Diagnosis(
            "ok",
            subject,
            f"{events:,} events, {size:,.2f} GiB, storage {version}, read by DuckDB {duckdb.__version__}",
        )


def _snapshot(settings: Settings) -> Iterator[Diagnosis]:
    subject, advice = "snapshot", "run `consent refresh`"
    try:
        with contextlib.closing(open_snapshot(settings.snapshot)) as connection:
            as_of, published = connection.execute("select as_of, published_at from meta").fetchall()[0]
    except SnapshotMissing as error:
        yield Diagnosis("warn", subject, str(error).partition(";")[0], advice)
    except (ConsentError, duckdb.Error) as error:
        yield Diagnosis("fail", subject, str(error).partition("\n")[0], advice)
    else:
        age = datetime.now(UTC).replace(tzinfo=None) - published
        finding = f"published {_span(age)} ago, as of {as_of:%Y-%m-%d %H:%M} UTC"
        if age > _STALE:
            yield Diagnosis("warn", subject, finding, f"{advice}, and see that Dagster's daemon runs")
        else:
            yield Diagnosis("ok", subject, finding)


def _dagster(settings: Settings) -> Iterator[Diagnosis]:
    folder, elsewhere = settings.dagster_home, os.environ.get("DAGSTER_HOME")
    if elsewhere and Path(elsewhere).resolve() != folder.resolve():
        yield Diagnosis(
            "warn", "dagster", f"DAGSTER_HOME is {elsewhere}, not {folder}", "unset it: commands set it themselves"
        )
    elif not (folder / "dagster.yaml").exists():
        yield Diagnosis("warn", "dagster", f"{folder} is not there yet", "the first `consent refresh` makes it")
    elif not os.access(folder, os.W_OK):
        yield Diagnosis("fail", "dagster", f"{folder} is not writable", "change its owner")
    else:
        yield Diagnosis("ok", "dagster", f"{folder} is writable")


def _kafka(settings: Settings) -> Iterator[Diagnosis]:
    if not settings.kafka_bootstrap_servers and not settings.broker_file.exists():
        yield Diagnosis(
            "warn",
            "kafka",
            "none is configured, and no embedded broker runs in this home",
            "set CONSENT_KAFKA_BOOTSTRAP_SERVERS, or run `consent broker`",
        )
        return
    try:
        cluster = describe_cluster(settings)
    except TopicMissing as error:
        yield Diagnosis("fail", "topic", str(error).partition(";")[0], "create it, or set CONSENT_TOPIC")
        return
    except ConsentError as error:
        yield Diagnosis("fail", "kafka", str(error), "start the broker, or mend CONSENT_KAFKA_*")
        return
    yield Diagnosis("ok", "kafka", f"{cluster.brokers} broker{'s' * (cluster.brokers != 1)} at {cluster.servers}")
    yield Diagnosis("ok", "topic", f"{cluster.topic.name}, {len(cluster.topic.partitions)} partitions")
    yield _retention(cluster)
    yield from _lag(settings, cluster)


def _retention(cluster: Cluster) -> Diagnosis:
    if cluster.cleanup_policy and "compact" in cluster.cleanup_policy:
        return Diagnosis(
            "warn",
            "retention",
            f"cleanup.policy={cluster.cleanup_policy}: Kafka keeps only the newest event of a key",
            "set cleanup.policy=delete on the topic",
        )
    if cluster.retention_ms is None:
        return Diagnosis("ok", "retention", "the broker does not tell (the embedded one keeps nothing when it stops)")
    if cluster.retention_ms < 0:
        return Diagnosis("ok", "retention", "records are kept for ever")
    kept = timedelta(milliseconds=cluster.retention_ms)
    if kept < _SHORT_RETENTION:
        advice = "raise retention.ms: what Kafka deletes before it is read is lost"
        return Diagnosis("warn", "retention", f"records are kept for {_span(kept)}", advice)
    return Diagnosis("ok", "retention", f"records are kept for {_span(kept)}")


def _lag(settings: Settings, cluster: Cluster) -> Iterator[Diagnosis]:
    if not settings.warehouse.exists():
        return
    try:
        with open_existing(settings.warehouse, lock_timeout=_LOCK_WAIT) as connection:
            lag = lag_of(connection, cluster)
    except ConsentError:
        return  # said above
    waiting = sum(lag.values())
    if waiting > settings.ingest_lag_limit:
        yield Diagnosis(
            "warn", "lag", f"{waiting:,} records wait in Kafka", "see that `consent ingest` runs, and how fast"
        )
    else:
        yield Diagnosis("ok", "lag", f"{waiting:,} records wait in Kafka")


def _existing(path: Path) -> Path:
    """The folder itself, or the nearest above it that is there."""
    return next(folder for folder in (path.absolute(), *path.absolute().parents) if folder.is_dir())


def _span(span: timedelta) -> str:
    """1.5 days, 3.0 hours, 12 minutes."""
    seconds = span.total_seconds()
    if seconds >= 2 * 86_400:
        return f"{seconds / 86_400:,.1f} days"
    return f"{seconds / 3600:,.1f} hours" if seconds >= 7200 else f"{seconds / 60:,.0f} minutes"
