"""`consent up`: what ends comes back, and what is stopped leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

MAIN = "from pipelines.cli import main; main()"
PROGRAMS = """
import asyncio, os, sys
from pipelines.supervisor import Program, Supervisor
deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"
grandchild = "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
programs = [
    Program("steady", [sys.executable, "-c", grandchild + "; print('here'); time.sleep(600)"]),
    Program("stubborn", [sys.executable, "-c", deaf]),
]
import pipelines.supervisor as supervisor
supervisor._PATIENCE = 1.0
asyncio.run(Supervisor(programs, os.environ).run())
"""


class Up:
    """A running supervisor and what it has said."""

    def __init__(self, code: str, arguments: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        if self.process.stdout:
            self.lines += iter(self.process.stdout.readline, "")

    def pids(self, name: str) -> list[int]:
        """Of every start of a program."""
        found = (re.match(rf"{name} +\| started, process (\d+)", line) for line in list(self.lines))
        return [int(match[1]) for match in found if match]

    def wait(self, condition: Callable[[], object], seconds: float = 60) -> None:
        """Until it holds."""
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "".join(self.lines)
            time.sleep(0.1)

    def stop(self) -> None:
        """As a service manager does."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(60)
        self._reader.join(10)
        if self.process.stdout:
            self.process.stdout.close()


@contextlib.contextmanager
def running(code: str, arguments: list[str] | None = None, **environment: str) -> Iterator[Up]:
    up = Up(code, arguments or [], environment)
    try:
        yield up
    finally:
        up.stop()


def in_session(pid: int) -> list[int]:
    """Every living process of the session that this one began."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            if int(fields[3]) == pid and fields[0] != "Z":
                found.append(int(path.parent.name))
    return found


def test_what_ends_is_started_again_and_what_is_stopped_leaves_nothing() -> None:
    with running(PROGRAMS) as up:
        up.wait(lambda: "steady   | here\n" in up.lines and up.pids("stubborn"))
        (first,) = up.pids("steady")
        assert len(in_session(first)) == 2
        os.kill(first, signal.SIGKILL)
        up.wait(lambda: len(up.pids("steady")) == 2)
        assert "steady   | ended with -9; starting it again in 0.5 s\n" in up.lines
        up.wait(lambda: not in_session(first))
        up.wait(lambda: up.lines.count("steady   | here\n") == 2)
        pids = [*up.pids("steady"), *up.pids("stubborn")]
        up.stop()
        assert up.process.returncode == 0
        assert [in_session(pid) for pid in pids] == [[]] * len(pids)


def ports(count: int) -> list[str]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [str(one.getsockname()[1]) for one in sockets]


def answers(port: str) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int(port)), 1):
        return True
    return False


@pytest.mark.parametrize("killed", ["collector"])
def test_everything_comes_up_and_goes(embedded_kafka: str, tmp_path: Path, killed: str) -> None:
    names = ["collector", "dashboard", "dagster"]
    chosen = dict(zip(names, ports(3), strict=True))
    arguments = [part for name in names for part in (f"--{name}-port", chosen[name])]
    environment = {"CONSENT_HOME": str(tmp_path / "home"), "CONSENT_KAFKA_BOOTSTRAP_SERVERS": embedded_kafka}
    with running(MAIN, ["up", *arguments], **environment) as up:
        up.wait(lambda: all(map(answers, chosen.values())), 180)
        (before,) = up.pids(killed)
        os.kill(before, signal.SIGKILL)
        up.wait(lambda: len(up.pids(killed)) == 2 and answers(chosen[killed]), 60)
        pids = [pid for name in ("collector", "ingest", "dashboard", "daemon", "dagster") for pid in up.pids(name)]
        assert len(pids) >= 6
        up.stop()
        assert up.process.returncode == 0
    assert [in_session(pid) for pid in pids] == [[]] * len(pids)
    assert not any(map(answers, chosen.values()))
