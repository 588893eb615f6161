"""Between a request and its answer: Kafka has the events, or else the spool has.

Requests that arrive while a group is on its way form the next one, so that a round trip to Kafka, or an fsync, serves
all of them. Groups go one after another, which keeps the order. While anything waits in the spool everything goes
through it, so that what came first is sent first.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from consent.errors import ConsentError
from ingestion.collector.metrics import Metrics
from ingestion.collector.producer import Producer
from ingestion.collector.spool import Record, Spool

log = logging.getLogger(__name__)

_GROUP_RECORDS = 2_000
_PENDING_BYTES = 64 * 1024 * 1024
_TRY_AGAIN = (0.25, 5.0)  # seconds between attempts to reach Kafka: the first, and the longest
T = TypeVar("T")


class Busy(ConsentError):
    """More waits to be written than memory is set aside for; ask again in a moment."""


class Delivery:
    """Delivers what requests hand it. `connect` makes a producer and may raise as `producer.connect` does."""

    def __init__(self, spool: Spool, connect: Callable[[], Producer], metrics: Metrics) -> None:
        self._spool, self._connect, self._metrics = spool, connect, metrics
        self._producer: Producer | None = None
        self._pending: list[tuple[Sequence[Record], asyncio.Future[None]]] = []
        self._pending_bytes = 0
        self._is_full = False
        self._arrived = asyncio.Event()
        self._changed = asyncio.Event()
        self._kafka = ThreadPoolExecutor(1, "kafka")
        self._disk = ThreadPoolExecutor(1, "spool")
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Reach Kafka if it can be reached now; go on either way."""
        await self._reach()
        self._tell()
        self._tasks = [asyncio.create_task(self._ship()), asyncio.create_task(self._drain())]

    async def deliver(self, records: Sequence[Record]) -> None:
        """Return when Kafka or the spool has all of these. Raises SpoolFull and Busy, and then answers for none."""
        size = sum(len(value) for _, value in records)
        if self._pending_bytes + size > _PENDING_BYTES:
            raise Busy("too much waits to be written")
        self._pending_bytes += size
        done = asyncio.get_running_loop().create_future()
        self._pending.append((records, done))
        self._arrived.set()
        try:
            await done
        finally:
            self._pending_bytes -= size

    @property
    def is_direct(self) -> bool:
        """Whether events go straight to Kafka now."""
        return self._producer is not None and not self._spool

    def health(self) -> dict[str, str | int]:
        """`ok`: straight to Kafka; `spooling`: onto the disk; `full`: nothing is taken."""
        status = "ok" if self.is_direct else "full" if self._is_full else "spooling"
        return {"status": status, "spooled": self._spool.records, "spool_bytes": self._spool.size}

    async def close(self) -> None:
        """Write what is pending, then leave Kafka. What is in the spool stays there."""
        while self._pending:
            await asyncio.sleep(0.01)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._disconnect()
        for executor in (self._kafka, self._disk):
            executor.shutdown()
        self._spool.close()

    async def _ship(self) -> None:
        while True:
            await self._arrived.wait()
            records: list[Record] = []
            waiting: list[asyncio.Future[None]] = []
            while self._pending and len(records) < _GROUP_RECORDS:
                some, done = self._pending.pop(0)
                records += some
                waiting.append(done)
            if not self._pending:
                self._arrived.clear()
            problem: Exception | None = None
            try:
                await self._keep(records)
            except Exception as error:  # noqa: BLE001 - whoever waits gets it
                problem = error
            for done in waiting:
                if done.cancelled():
                    continue
                if problem:
                    done.set_exception(problem)
                else:
                    done.set_result(None)

    async def _keep(self, records: list[Record]) -> None:
        """Kafka, or else the spool."""
        left = records
        if self.is_direct:
            left = await self._send(records)
            if left:
                log.warning("Kafka did not acknowledge in time; events go to the spool", extra={"rows": len(left)})
                self._disconnect()
        if left:
            self._is_full = True
            await self._in(self._disk, self._spool.append, left)
            self._is_full = False
            self._metrics.spooled(len(left))
            self._tell()
            self._changed.set()

    async def _send(self, records: list[Record]) -> list[Record]:
        if self._producer is None:
            return records
        started = time.perf_counter()
        left = await self._in(self._kafka, self._producer.send, records)
        self._metrics.produced(len(records) - len(left), time.perf_counter() - started)
        return left

    async def _drain(self) -> None:
        """Send what the spool holds, oldest first, and then let events go straight again."""
        wait = _TRY_AGAIN[0]
        while True:
            try:
                if self._producer is None:
                    await asyncio.sleep(wait)
                    wait = min(2 * wait, _TRY_AGAIN[1])
                    await self._reach()
                    self._tell()
                elif self._spool:
                    if await self._drain_some():
                        wait = _TRY_AGAIN[0]
                else:
                    self._changed.clear()
                    await self._changed.wait()
            except Exception:
                log.exception("draining the spool failed; it will be tried again")
                self._disconnect()

    async def _drain_some(self) -> bool:
        records = await self._in(self._disk, self._spool.peek, _GROUP_RECORDS)
        if await self._send(records):
            self._disconnect()
            return False
        await self._in(self._disk, self._spool.advance)
        self._tell()
        if not self._spool:
            log.info("the spool is empty; events go straight to Kafka again")
        return True

    async def _reach(self) -> None:
        try:
            self._producer = await self._in(self._kafka, self._connect)
        except ConsentError as error:
            log.warning("Kafka cannot be reached; events go to the spool", extra={"cause": str(error)})

    def _disconnect(self) -> None:
        if self._producer is not None:
            producer, self._producer = self._producer, None
            self._changed.set()
            with contextlib.suppress(RuntimeError):
                self._kafka.submit(producer.close)

    def _tell(self) -> None:
        self._metrics.spool(self._spool.records, self._spool.size, direct=self.is_direct)

    @staticmethod
    async def _in(executor: ThreadPoolExecutor, call: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(executor, call, *arguments)
