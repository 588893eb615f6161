"""Several programs as one: started together, each started again when it ends, stopped together.

Each is the head of a process group, so that what it starts ends with it. Honcho, the known library for this, starts
nothing again; systemd and container platforms do, and want one unit for each program instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import Any

_WAITS = (0.5, 30.0)  # seconds before a program is started again: at first, and at most
_STEADY = 60.0  # seconds after which an end is no longer one of a series
_PATIENCE = 15.0  # seconds that a program has to end when it is asked to


@dataclass(frozen=True)
class Program:
    """What to run, under the name that its lines begin with."""

    name: str
    command: Sequence[str]


class Supervisor:
    """Runs programs until SIGINT or SIGTERM; then no process of theirs is left."""

    def __init__(self, programs: Sequence[Program], environment: Mapping[str, str]) -> None:
        self._programs = programs
        self._environment = {**environment, "PYTHONUNBUFFERED": "1"}
        self._width = max(len(program.name) for program in programs)
        self._stop = asyncio.Event()
        self._waiting = ThreadPoolExecutor(len(programs), "waiting")

    async def run(self) -> None:
        """Run all of them."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop.set)
        await asyncio.gather(*map(self._keep, self._programs))

    async def _keep(self, program: Program) -> None:
        wait = _WAITS[0]
        while not self._stop.is_set():
            started = monotonic()
            ended = await self._once(program)
            if self._stop.is_set():
                return
            if monotonic() - started > _STEADY:
                wait = _WAITS[0]
            self._say(program, f"ended with {ended}; starting it again in {wait:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), wait)
            wait = min(2 * wait, _WAITS[1])

    async def _once(self, program: Program) -> int:
        """Run it to its end, or until all are to stop; returns its exit code, negative for a signal."""
        # Not asyncio's own processes: they count as ended only once all who share their output have let go of it.
        process = subprocess.Popen(
            program.command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._say(program, f"started, process {process.pid}")
        threading.Thread(target=self._pass_on, args=(program, process), daemon=True).start()
        ending = asyncio.get_running_loop().run_in_executor(self._waiting, process.wait)
        stopping = asyncio.create_task(self._stop.wait())
        either: set[asyncio.Future[Any]] = {ending, stopping}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not ending.done():
            _signal(process.pid, signal.SIGTERM)
            await asyncio.wait({ending}, timeout=_PATIENCE)
        _signal(process.pid, signal.SIGKILL)  # what is left of its group, the head included
        return await ending

    def _pass_on(self, program: Program, process: subprocess.Popen[bytes]) -> None:
        if process.stdout:
            with process.stdout as lines:
                for line in lines:
                    self._say(program, line.decode("utf-8", "replace").rstrip())

    def _say(self, program: Program, line: str) -> None:
        with contextlib.suppress(OSError):
            sys.stdout.write(f"{program.name:{self._width}} | {line}\n")
            sys.stdout.flush()


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, number)
