"""The embedded broker: fast, on 127.0.0.1, and gone with its parent."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from consent.errors import ConsentError
from consent.settings import Settings
from ingestion.broker import EmbeddedBroker, bootstrap_servers, broker_at_home
from ingestion.ingest import ingest
from ingestion.send import send_lines
from tests.ingestion.events import encode, event


def listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
        return True
    return False


def test_it_listens_within_a_second_and_stops() -> None:
    started = time.monotonic()
    with EmbeddedBroker() as broker:
        assert time.monotonic() - started < 1
        assert listens(broker.port)
    assert not listens(broker.port)


def test_it_dies_with_a_parent_that_is_killed() -> None:
    script = "from ingestion.broker import EmbeddedBroker as B; b = B(); print(b.port, flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout
        port = int(parent.stdout.readline())
        assert listens(port)
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while listens(port) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not listens(port)


def test_a_port_in_use_is_named() -> None:
    with EmbeddedBroker() as broker, pytest.raises(ConsentError, match=f"127.0.0.1:{broker.port}: cannot listen"):
        EmbeddedBroker(broker.port)


def test_other_commands_of_the_home_find_it(tmp_path: Path) -> None:
    settings = Settings.load(home=tmp_path)
    with broker_at_home(settings) as broker:
        assert bootstrap_servers(settings) == broker.bootstrap_servers
    assert not settings.broker_file.exists()


def test_a_new_broker_starts_at_nothing_and_nothing_of_it_is_skipped(tmp_path: Path) -> None:
    """Its topic is another one, though its name and offsets are the same."""
    settings = Settings.load(home=tmp_path, ingest_max_latency=0.2)
    for expected in (30, 10):
        with broker_at_home(settings):
            send_lines((encode(event()) for _ in range(expected)), settings)
            assert ingest(settings, until_caught_up=True).accepted == expected
