"""The ingest loop: poll, fill a batch, land it, from the offsets in the warehouse on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from consent.settings import Settings
from ingestion.broker import bootstrap_servers
from ingestion.landing import Gap, Landing
from ingestion.source import Batch, KafkaPythonSource, Source

log = logging.getLogger(__name__)

_POLL_RECORDS = 20_000


@dataclass
class Ingested:
    """Totals of one run."""

    accepted: int = 0
    quarantined: int = 0
    batches: int = 0
    seconds: float = 0.0
    gaps: list[Gap] = field(default_factory=list)


def ingest(
    settings: Settings,
    *,
    until_caught_up: bool = False,
    stop: Event | None = None,
    on_batch: Callable[[Ingested], None] | None = None,
) -> Ingested:
    """Read the topic into the warehouse, exactly once, until `stop` is set or, if asked, the end is reached.

    A batch ends by rows, bytes or age (`CONSENT_INGEST_*`). `on_batch` is called with the totals after each commit.
    Raises BrokerUnavailable, TopicMissing, WarehouseError and OffsetConflict; what was not committed is read again.
    """
    source = KafkaPythonSource(bootstrap_servers(settings), settings.topic, timeout=settings.kafka_timeout)
    landing = Landing(settings.warehouse, source.topic, lock_timeout=settings.lock_timeout)
    try:
        return _Loop(settings, source, landing, on_batch).run(until_caught_up, stop or Event())
    finally:
        landing.close()
        source.close()


class _Loop:
    def __init__(
        self, settings: Settings, source: Source, landing: Landing, on_batch: Callable[[Ingested], None] | None
    ) -> None:
        self._settings = settings
        self._source = source
        self._landing = landing
        self._on_batch = on_batch
        self._totals = Ingested()
        self._positions: dict[int, int] = {}

    def run(self, until_caught_up: bool, stop: Event) -> Ingested:
        started = time.monotonic()
        first, _ = self._source.offsets()
        self._positions, self._totals.gaps = self._landing.start(self._landing.positions(), first)
        for gap in self._totals.gaps:
            log.error("offset gap: partition %d, offsets %d to %d are gone", gap.partition, gap.first, gap.next - 1)
        self._source.assign(self._positions)
        while not stop.is_set():
            batch = self._fill(stop)
            if batch:
                self._land(batch)
                self._totals.seconds = time.monotonic() - started
                if self._on_batch:
                    self._on_batch(self._totals)
            elif until_caught_up and self._is_caught_up():
                break
        return self._totals

    def _fill(self, stop: Event) -> Batch:
        """Poll until the batch is full or its oldest record has waited long enough, or nothing comes."""
        batch = Batch(self._source.topic)
        latency = self._settings.ingest_max_latency
        deadline = time.monotonic() + latency
        while not stop.is_set():
            room = self._settings.ingest_batch_rows - len(batch)
            left = deadline - time.monotonic()
            if room <= 0 or left <= 0 or batch.size >= self._settings.ingest_batch_bytes:
                break
            came = self._source.poll_into(batch, timeout=min(left, 0.2), max_records=min(room, _POLL_RECORDS))
            if not came:
                break  # quiet: what there is goes now
        return batch

    def _land(self, batch: Batch) -> None:
        landed = self._landing.land(batch, self._positions)
        self._positions |= batch.positions
        self._totals.accepted += landed.accepted
        self._totals.quarantined += landed.quarantined
        self._totals.batches += 1
        log.info("landed %d events, set aside %d", landed.accepted, landed.quarantined)

    def _is_caught_up(self) -> bool:
        _, end = self._source.offsets()
        return all(self._positions[partition] >= offset for partition, offset in end.items())
