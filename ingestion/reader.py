"""Reading: a thread that fills the next batch while the one before it is decoded and committed."""

from __future__ import annotations

import logging
import queue
import time
from collections.abc import Callable, Iterable, Mapping
from threading import Event, Lock, Thread

from consent.errors import BrokerUnavailable, IngestionError, OffsetsGone
from consent.settings import Settings
from ingestion.metrics import Metrics
from ingestion.source import Batch, Source

log = logging.getLogger(__name__)

_POLL_RECORDS = 2_000
_PACK_RECORDS = 2_000
_POLL_SECONDS = 0.1
_LOOK_AROUND_SECONDS, _LOOK_AROUND_QUIET_SECONDS = 10.0, 0.5
# How long a partition that the group takes away may wait for what was read of it to be committed.
_HAND_OVER_SECONDS = 5.0


class Reader(Thread):
    """Owns the source and gives batches, one after the other, in the order they were read.

    `positions` tells where to read partitions on (given the first offsets the broker has). A batch ends by rows, bytes
    or age, or because nothing more comes. When nobody takes it, partitions are paused: Kafka is the buffer. A patient
    reader waits for a broker that goes away; any other ends.
    """

    def __init__(
        self,
        source: Source,
        settings: Settings,
        metrics: Metrics,
        *,
        group: str | None,
        patient: bool,
        positions: Callable[[Mapping[int, int]], dict[int, int]],
    ) -> None:
        super().__init__(name="reader", daemon=True)
        self._source = source
        self._settings = settings
        self._metrics = metrics
        self._group = group
        self._patient = patient
        self._positions = positions
        self._batches: queue.SimpleQueue[Batch | BaseException] = queue.SimpleQueue()
        self._asked = Event()  # a batch is handed over only to who waits for it: the next is not begun before
        self._halted = Event()
        self._read: dict[int, int] = {}
        self._lock = Lock()  # `_landed` is written by who lands as well
        self._landed: dict[int, int] = {}
        self._mirrored: dict[int, int] = {}
        self._first: dict[int, int] = {}
        self._end: dict[int, int] = {}
        self._looked_around = 0.0
        self._filling = Batch(source.topic)
        self._caught_up = False

    def take(self, timeout: float) -> Batch | None:
        """The next batch, or None if none came in `timeout` seconds. Raises what ended the reading."""
        self._asked.set()
        try:
            found = self._batches.get(timeout=timeout)
        except queue.Empty:
            return None
        self._asked.clear()  # it may have come just after the last `take` gave up
        if isinstance(found, BaseException):
            raise found
        return found

    def landed(self, positions: Mapping[int, int]) -> None:
        """These offsets are committed."""
        with self._lock:
            self._landed |= positions

    def is_caught_up(self) -> bool:
        """Whether all that the broker had, when it was asked after the last batch had landed, has landed."""
        return self._caught_up

    def halt(self) -> None:
        """Stop reading and leave the broker; batches that nobody has taken are dropped whole."""
        self._halted.set()
        self.join()

    def run(self) -> None:
        """Read until halted."""
        try:
            self._begin()
            while not self._halted.is_set():
                self._look_around()
                self._filling = Batch(self._source.topic)
                self._fill(self._filling)
                self._give(self._filling)
        except BaseException as error:  # noqa: BLE001 - it is raised again where batches are taken
            self._give(error)
        finally:
            self._source.close()

    def _begin(self) -> None:
        self._ask_offsets()
        if self._group:
            self._source.join(self._group, self._assigned, self._revoked)
        else:
            self._take_over()

    def _ask_offsets(self) -> None:
        self._first, self._end = self._source.offsets()
        self._looked_around = time.monotonic()

    def _take_over(self) -> None:
        self._read |= self._positions({p: offset for p, offset in self._first.items() if p not in self._read})
        with self._lock:
            self._landed = self._read | self._landed
        self._source.assign(self._read)

    def _assigned(self, partitions: list[int]) -> Mapping[int, int]:
        """The group gave us these: read on where the warehouse ends, whoever brought it there."""
        read = self._positions({partition: self._first.get(partition, 0) for partition in partitions})
        self._read |= read
        with self._lock:
            self._landed |= read
        log.info("took over partitions %s", partitions)
        return read

    def _revoked(self, partitions: list[int]) -> None:
        """The group takes these away: what has not been handed over is the next owner's to read."""
        self._filling.drop(partitions)
        deadline = time.monotonic() + _HAND_OVER_SECONDS
        while not self._has_landed(partitions) and time.monotonic() < deadline and not self._halted.is_set():
            time.sleep(0.01)
        for partition in partitions:
            self._read.pop(partition, None)
            self._metrics.forget(partition)
        with self._lock:
            self._landed = {p: offset for p, offset in self._landed.items() if p not in partitions}
        log.info("gave up partitions %s", partitions)

    def _has_landed(self, partitions: Iterable[int]) -> bool:
        return all(self._landed.get(partition) == self._read.get(partition) for partition in partitions)

    def _look_around(self) -> None:
        """Now and then: the ends (for lag), partitions that are new, and the mirror in Kafka."""
        with self._lock:
            landed = dict(self._landed)
        if landed != self._mirrored:
            self._mirrored = landed
            self._source.mirror(landed)
        is_quiet = not self._filling.positions and self._has_landed(self._read)
        age = time.monotonic() - self._looked_around
        quiet = _LOOK_AROUND_QUIET_SECONDS if self._patient else _POLL_SECONDS  # who is to end waits for nothing else
        enough = quiet if is_quiet else _LOOK_AROUND_SECONDS
        if age < enough:
            return
        try:
            self._ask_offsets()
        except BrokerUnavailable as error:  # it may come back; what was read is landed meanwhile
            if not self._patient:
                raise
            self._looked_around = time.monotonic()
            log.warning("%s; reading on when it is back", error)
            return
        if not self._group and (new := self._first.keys() - self._read.keys()):
            log.info("partitions %s are new", sorted(new))
            self._take_over()
        for partition, position in landed.items():
            self._metrics.lag(partition, max(0, self._end.get(partition, position) - position))
        self._caught_up = is_quiet and all(self._read.get(p, 0) >= end for p, end in self._end.items())

    def _fill(self, batch: Batch) -> None:
        settings = self._settings
        started = time.monotonic()
        deadline = started + settings.ingest_max_latency
        while not self._halted.is_set():
            room = settings.ingest_batch_rows - len(batch)
            left = deadline - time.monotonic()
            if room <= 0 or left <= 0 or batch.size >= settings.ingest_batch_bytes:
                break
            try:
                came = self._source.poll_into(
                    batch, timeout=min(left, _POLL_SECONDS), max_records=min(room, _POLL_RECORDS)
                )
            except OffsetsGone as gone:
                self._pass_over(batch, gone)
                break
            finally:
                self._metrics.polled()
            if not came:
                break  # quiet: what there is goes now
            if len(batch.offsets) >= _PACK_RECORDS:
                batch.pack()
        if batch.positions:
            self._caught_up = False
            self._metrics.stage("fetch", time.monotonic() - started)
        self._read |= batch.positions

    def _pass_over(self, batch: Batch, gone: OffsetsGone) -> None:
        """The broker deleted what was due: go on with what it has, and let the batch tell of the loss."""
        self._ask_offsets()
        first, partition, due = self._first, gone.partition, gone.position
        if due > first[partition]:
            raise IngestionError(
                f"partition {partition}: the broker's log ends at {self._end[partition]}, before offset {due}, which "
                "was read already; it lost records that are kept here. Read it as another topic, or restore the broker"
            )
        log.error("partition %d: offsets %d to %d are gone from the broker", partition, due, first[partition] - 1)
        batch.moved(partition, due, first[partition])
        batch.lost.add(partition)
        self._read[partition] = first[partition]
        self._source.assign(self._read)

    def _give(self, found: Batch | BaseException) -> None:
        """Hand over; while nobody takes it, hold the partitions still and keep the broker company."""
        if isinstance(found, Batch) and not found.positions:
            return
        paused = False
        while not self._halted.is_set():
            if self._asked.wait(_POLL_SECONDS):
                self._asked.clear()
                self._batches.put(found)
                break
            if isinstance(found, BaseException):
                continue
            if not paused:
                self._source.pause()
                paused = True
            self._idle(found)
        if paused:
            self._source.resume()

    def _idle(self, held: Batch) -> None:
        """Poll while paused; should something come all the same, it belongs to the batch that waits."""
        try:
            self._source.poll_into(held, timeout=0, max_records=1)
        except OffsetsGone as gone:
            self._pass_over(held, gone)
        self._read |= held.positions
        self._metrics.polled()
