"""What happens around an ingest that runs on: a lock, a full disk, a broker that goes away. Nothing is lost."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import resource
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from consent.settings import Settings
from consent.verify import verify
from consent.warehouse import open_warehouse
from ingestion.ingest import ingest
from ingestion.send import send_lines
from ingestion.topics import ensure_topic
from tests.conftest import require
from tests.ingestion.events import encode, event
from tests.kafka.cluster import ApacheKafka, missing


@pytest.fixture
def settings(embedded_kafka: str, home: Path) -> Settings:
    made = Settings.load(
        home=home,
        kafka_bootstrap_servers=embedded_kafka,
        topic=f"consent.fault.{uuid.uuid4().hex[:8]}",
        ingest_group="",
        ingest_max_latency=0.2,
    )
    ensure_topic(embedded_kafka, made.topic, partitions=2, timeout=10)
    return made


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[None]:
    """An ingest that runs on, in a thread; what ended it is raised here."""
    stop, errors = threading.Event(), []

    def run() -> None:
        try:
            ingest(settings, stop=stop)
        except Exception as error:  # noqa: BLE001
            errors.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(30)
    if errors:
        raise errors[0]


def send(settings: Settings, count: int) -> None:
    send_lines((encode(event(subject=f"subject-{n:06}")) for n in range(count)), settings)


def landed(settings: Settings, count: int, seconds: float = 20) -> bool:
    """Whether so many events are there in time, and all verifies."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with open_warehouse(settings.warehouse) as connection:
            if connection.execute("select count(*) from raw.events").fetchall() == [(count,)]:
                return all(verified.problem is None for verified in verify(connection))
        time.sleep(0.1)
    return False


def said(caplog: pytest.LogCaptureFixture, text: str, seconds: float = 20) -> bool:
    """Whether the log says it in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if any(text in record.getMessage() for record in caplog.records):
            return True
        time.sleep(0.05)
    return False


def test_a_lock_held_by_another_process_is_waited_for(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    send(settings, 50)
    impatient = settings.model_copy(update={"lock_timeout": 0.5})
    with running(impatient):
        assert landed(settings, 50)
        script = (
            f"import duckdb, time; c = duckdb.connect({str(settings.warehouse)!r}); print(flush=True); time.sleep(60)"
        )
        while True:
            holder = subprocess.Popen(
                [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
            )
            assert holder.stdout
            if holder.stdout.readline():
                break  # it may have come while the file was taken
            holder.wait()
            holder.stdout.close()
        send(settings, 30)
        assert said(caplog, "cannot land 30 records, and will try again")
        assert said(caplog, "another process has been writing")
        holder.kill()
        holder.wait()
        holder.stdout.close()
        assert landed(settings, 80)


def test_a_full_disk_is_waited_out(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    """No file may grow, as on a full disk; then it may."""
    send(settings, 50)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with running(settings):
        assert landed(settings, 50)
        resource.setrlimit(resource.RLIMIT_FSIZE, (settings.warehouse.stat().st_size, hard))
        try:
            send(settings, 20_000)
            assert said(caplog, "cannot land")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert landed(settings, 20_050, seconds=40)


@pytest.mark.kafka
@pytest.mark.parametrize("client", ["kafka-python", "librdkafka"])
def test_a_broker_that_is_killed_and_comes_back(
    client: str, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Away for longer than the client's patience with one question, it is waited for all the same."""
    if reason := missing():
        require(reason)
    if client == "librdkafka" and not importlib.util.find_spec("confluent_kafka"):
        require("librdkafka is not installed: make install-librdkafka")
    with ApacheKafka(tmp_path) as broker:
        given = {"kafka_bootstrap_servers": broker.bootstrap_servers, "kafka_client": client, "kafka_timeout": 2.0}
        ours = settings.model_copy(update=given)
        ensure_topic(broker.bootstrap_servers, ours.topic, partitions=2, timeout=10)
        send(ours, 200)
        with running(ours):
            assert landed(ours, 200)
            broker.kill()
            assert said(caplog, "reading on when it is back", seconds=40)
            broker.start()
            send(ours, 300)
            assert landed(ours, 500, seconds=60)


@pytest.mark.kafka
def test_two_share_a_topic_and_one_takes_over_from_the_other(settings: Settings, apache_kafka: str) -> None:
    """A consumer group: partitions move between them, and every record lands once."""
    group = {"kafka_bootstrap_servers": apache_kafka, "ingest_group": f"group-{uuid.uuid4().hex[:8]}"}
    ours = settings.model_copy(update=group)
    ensure_topic(apache_kafka, ours.topic, partitions=4, timeout=10)
    with running(ours):
        send(ours, 1000)
        assert landed(ours, 1000, seconds=60)
        with running(ours):
            for round_ in range(2, 6):
                send(ours, 1000)
                assert landed(ours, 1000 * round_, seconds=60)
        send(ours, 1000)
        assert landed(ours, 6000, seconds=90)


def test_a_stop_lets_the_batch_finish(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    send(settings, 5000)
    with running(settings):
        assert said(caplog, "landed")
    with open_warehouse(settings.warehouse) as connection:
        assert all(verified.problem is None for verified in verify(connection))
    ingest(settings, until_caught_up=True)
    assert landed(settings, 5000)
