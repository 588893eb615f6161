"""The ingest loop: what the reader brings is landed, from the offsets in the warehouse on."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event

from consent.errors import OffsetConflict, WarehouseError
from consent.garbage import fewer_collections
from consent.settings import Settings
from ingestion.landing import Decoded, Gap, Landed, Landing
from ingestion.metrics import Metrics
from ingestion.metrics_server import MetricsServer
from ingestion.reader import Reader
from ingestion.recognizer import recognizer
from ingestion.source import Batch, open_source

log = logging.getLogger(__name__)

_FIRST_RETRY, _LAST_RETRY = 0.5, 10.0
_TAKE_SECONDS = 0.05
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # of mallopt, in glibc's malloc.h


@dataclass
class Ingested:
    """Totals of one run; `gaps` are those that lost records."""

    accepted: int = 0
    quarantined: int = 0
    batches: int = 0
    seconds: float = 0.0
    gaps: list[Gap] = field(default_factory=list)

    def add(self, landed: Landed) -> None:
        """Count one more batch."""
        self.accepted += landed.accepted
        self.quarantined += sum(landed.quarantined.values())
        self.batches += 1
        self.gaps += [gap for gap in landed.gaps if gap.cause == "retention"]


def ingest(
    settings: Settings,
    *,
    until_caught_up: bool = False,
    stop: Event | None = None,
    on_batch: Callable[[Ingested], None] | None = None,
) -> Ingested:
    """Read the topic into the warehouse, exactly once, until `stop` is set or, if asked, the end is reached.

    A batch ends by rows, bytes or age (`CONSENT_INGEST_*`). `on_batch` is called with the totals after each commit.
    Runs that go on share a configured Kafka as the consumer group CONSENT_INGEST_GROUP. When the warehouse cannot be
    written, they say so and try again for as long as it takes; a run until the end gives up.
    Raises BrokerUnavailable, TopicMissing, WarehouseError and OffsetConflict; what was not committed is read again.
    """
    run = _Run(settings, until_caught_up, stop or Event(), on_batch)
    give_memory_back()
    with contextlib.ExitStack() as stack:
        stack.enter_context(fewer_collections())  # records hold no cycles
        if settings.ingest_metrics_port is not None:
            stack.enter_context(MetricsServer(run.metrics, settings.ingest_metrics_port))
        while run.again():
            pass
    return run.totals


def give_memory_back() -> None:
    """Have glibc return what is freed at the end of its heap at once; left to itself it keeps more of it with time.

    Blocks up to 8 MB, such as a fetch of kafka-python's, stay in the heap: new pages for each cost a tenth of its time.
    For the whole process, which ingests and does nothing else. Where there is another C library nothing happens.
    """
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(_M_TRIM_THRESHOLD, 1_000_000)
        mallopt(_M_MMAP_THRESHOLD, 8_000_000)


def decoder_threads(client: str) -> int:
    """How many threads each of the two decoders, of which one decodes and one commits, may use beside this client."""
    cores = os.cpu_count() or 1
    if recognizer():  # what it reads takes one thread, and what remains is writing
        return max(1, cores // 2)
    return max(1, cores - 1) if client == "kafka-python" else cores  # that client keeps a core busy itself


class _Run:
    """One run; after a conflict it starts over from what is stored, with the same totals."""

    def __init__(
        self, settings: Settings, until_caught_up: bool, stop: Event, on_batch: Callable[[Ingested], None] | None
    ) -> None:
        self._settings = settings
        self._until_caught_up = until_caught_up
        self._stop = stop
        self._on_batch = on_batch
        self._started = time.monotonic()
        self._shared = bool(settings.kafka_bootstrap_servers and settings.ingest_group and not until_caught_up)
        self.metrics = Metrics()
        self.totals = Ingested()

    def again(self) -> bool:
        """Read and land; whether to start over."""
        with self._open() as (reader, landing), ThreadPoolExecutor(1, "committer") as committer:
            landing_now: Future[None] | None = None
            try:
                while not self._stop.is_set():
                    batch = reader.take(_TAKE_SECONDS)
                    # A batch may hold no record, and move offsets all the same.
                    decoded = None if batch is None else self._decode(landing, batch)
                    if landing_now and (batch is not None or landing_now.done()):
                        landing_now.result()
                        landing_now = None
                    if batch is not None:
                        landing_now = committer.submit(self._finish, reader, landing, batch, decoded)
                    elif self._until_caught_up and not landing_now and reader.is_caught_up():
                        return False
                if landing_now:
                    landing_now.result()
            except OffsetConflict as conflict:
                if not self._shared:
                    raise
                log.warning("%s; reading on from what is stored", conflict)
                return True
        return False

    @contextlib.contextmanager
    def _open(self) -> Iterator[tuple[Reader, Landing]]:
        settings = self._settings
        source = open_source(settings)
        landing = Landing(
            settings.warehouse,
            source.topic,
            lock_timeout=settings.lock_timeout,
            threads=decoder_threads(settings.kafka_client),
        )
        group = settings.ingest_group if self._shared else None
        patient = not self._until_caught_up
        reader = Reader(source, settings, self.metrics, group=group, patient=patient, positions=landing.positions)
        reader.start()
        try:
            landing.prepare()
            yield reader, landing
        finally:
            reader.halt()
            landing.close()

    def _decode(self, landing: Landing, batch: Batch) -> Decoded | None:
        """Decode while the batch before is committed; None where that failed, which `_finish` tries again."""
        try:
            return landing.decode(batch)
        except WarehouseError as error:
            log.error("cannot decode %d records yet: %s", len(batch), error)
            return None

    def _finish(self, reader: Reader, landing: Landing, batch: Batch, decoded: Decoded | None) -> None:
        self._count(self._land(landing, batch, decoded))
        reader.landed(batch.positions)

    def _land(self, landing: Landing, batch: Batch, decoded: Decoded | None) -> Landed:
        """Land the batch, trying again for as long as it takes where the run is to go on."""
        delay, tried = _FIRST_RETRY, False
        while True:
            try:
                decoded = decoded or landing.decode(batch)
                landed = decoded.landed
                return landing.commit(decoded)
            except OffsetConflict:
                if tried and landing.has_landed(batch):  # the first try did commit, and only its answer got lost
                    return landed
                raise
            except WarehouseError as error:
                if self._until_caught_up or self._stop.is_set():
                    raise
                log.error("cannot land %d records, and will try again in %g s: %s", len(batch), delay, error)
            decoded, tried = None, True
            self._stop.wait(delay)
            delay = min(2 * delay, _LAST_RETRY)

    def _count(self, landed: Landed) -> None:
        self.totals.add(landed)
        self.totals.seconds = time.monotonic() - self._started
        metrics = self.metrics
        metrics.landed(landed.accepted, landed.quarantined)
        metrics.lock_wait(landed.seconds.get("lock", 0.0))
        metrics.stage("decode", landed.seconds.get("decode", 0.0))
        metrics.stage("commit", landed.seconds.get("commit", 0.0))
        for gap in landed.gaps:
            if gap.cause == "retention":
                metrics.gap(gap.offsets)
        log.info(
            "landed %d events, set aside %d, in %.2f s",
            landed.accepted,
            sum(landed.quarantined.values()),
            sum(landed.seconds.values()),
        )
        if self._on_batch:
            self._on_batch(self.totals)
