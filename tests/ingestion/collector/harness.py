"""A collector as a process of its own, and senders that remember what it has acknowledged."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.ingestion.events import event
from tests.kafka.cluster import ApacheKafka

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Process:
    """`consent collect` on a port that stays the same over restarts; its standard error goes to `log`."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._environment, self._log = {**os.environ, **environment}, log
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start, or start again, and wait until it answers."""
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from pipelines.cli import main; main()", "collect", "--port", str(self.port)],
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout
        said = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/v1/events", said)
        assert found, (said, self._log.read_text())
        self.port = int(found[1])

    def kill(self) -> None:
        """Without a warning."""
        self.process.kill()
        self._ended()

    def stop(self) -> None:
        """As an orchestrator does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self._ended()

    def _ended(self) -> None:
        self.process.wait(30)
        if self.process.stdout:
            self.process.stdout.close()

    def get(self, path: str) -> tuple[int, bytes]:
        """Status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()

    def health(self) -> dict[str, Any]:
        """What /healthz says."""
        return dict(json.loads(self.get("/healthz")[1]))

    def wait_for(self, status: str, seconds: float) -> dict[str, Any]:
        """Until /healthz says so."""
        deadline = time.monotonic() + seconds
        while (health := self.health())["status"] != status:
            assert time.monotonic() < deadline, health
            time.sleep(0.1)
        return health


class Senders:
    """Threads that send batches, each again until it is acknowledged, as a careful sender does."""

    def __init__(self, port: int, *, threads: int = 2, batch: int = 10) -> None:
        self._port, self._batch = port, batch
        self._stop = threading.Event()
        self.acknowledged: set[str] = set()
        self.statuses: dict[int, int] = {}
        self.failures = 0
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(threads)]

    def __enter__(self) -> Senders:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            events = [event(event_id=str(uuid.uuid4()), subject=uuid.uuid4().hex) for _ in range(self._batch)]
            body = json.dumps(events)
            while not self._stop.is_set():
                if self._send(body):
                    self.acknowledged.update(e["event_id"] for e in events)
                    break
                self.failures += 1
                time.sleep(0.05)

    def _send(self, body: str) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            with contextlib.closing(connection):
                connection.request(
                    "POST", "/v1/events", body, {"User-Agent": AGENT, "Content-Type": "application/json"}
                )
                answer = connection.getresponse()
                answer.read()
                self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
                return answer.status == 202
        except (OSError, http.client.HTTPException):
            return False


def torment(kafka: ApacheKafka, collector: Process, *, down: float) -> set[str]:
    """Kill the broker under load, for `down` seconds, and the collector before and in between.

    Returns the event_id of every acknowledged event.
    """
    with Senders(collector.port) as senders:
        time.sleep(1)
        collector.kill()
        collector.start()
        collector.wait_for("ok", 30)
        kafka.kill()
        time.sleep(down / 2)
        collector.wait_for("spooling", 30)
        before = len(senders.acknowledged)
        time.sleep(down / 2)
        assert len(senders.acknowledged) > before, "events are taken while the broker is away"
        collector.kill()
        collector.start()
        kafka.start()
        collector.wait_for("ok", 60)
        time.sleep(1)
    collector.wait_for("ok", 60)
    return senders.acknowledged


@contextlib.contextmanager
def running(environment: Mapping[str, str], log: Path) -> Iterator[Process]:
    """A collector, stopped at the end."""
    process = Process(environment, log)
    try:
        yield process
    finally:
        process.stop()
