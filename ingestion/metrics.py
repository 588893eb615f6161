"""Metrics of the ingest loop for Prometheus, and whether it lives. No label ever carries a person's identifier.

A registry for each run, so that two runs in one process do not add up.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from consent.contract import REASONS

Stage = Literal["fetch", "decode", "commit"]
Health = dict[str, str | float | dict[str, int] | None]

STALLED_AFTER = 30.0
_ROWS = (1, 10, 100, 1_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000)
_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Metrics:
    """What the ingest loop reports as it goes. The loop writes from one thread; a server reads from others."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._lag = Gauge(
            "consent_ingest_lag",
            "Records in the partition after the last committed.",
            ["partition"],
            registry=self.registry,
        )
        self._events = Counter("consent_ingest_events", "Events committed.", registry=self.registry)
        self._quarantined = Counter(
            "consent_ingest_quarantined", "Records set aside, by reason code.", ["reason"], registry=self.registry
        )
        self._batch_rows = Histogram(
            "consent_ingest_batch_rows", "Records of a committed batch.", buckets=_ROWS, registry=self.registry
        )
        self._stage = Histogram(
            "consent_ingest_stage_seconds",
            "Seconds that one batch took, by stage.",
            ["stage"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._lock_wait = Histogram(
            "consent_ingest_lock_wait_seconds",
            "Seconds waited for another process to let go of the warehouse.",
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._last_commit = Gauge(
            "consent_ingest_last_commit_timestamp_seconds", "Unix time of the last commit.", registry=self.registry
        )
        self._gap_offsets = Counter(
            "consent_ingest_gap_offsets", "Offsets that the broker no longer had when due.", registry=self.registry
        )
        self._lock = threading.Lock()
        self._lag_now: dict[int, int] = {}
        self._committed_at: float | None = None
        self._polled_at: float | None = None

    def landed(self, rows: int, quarantined: Mapping[str, int]) -> None:
        """A batch was committed: `rows` accepted events, and records set aside by their reason (its code is kept)."""
        self._events.inc(rows)
        for reason, count in quarantined.items():
            code = reason.partition(" ")[0]
            self._quarantined.labels(code if code in REASONS else "other").inc(count)
        self._batch_rows.observe(rows + sum(quarantined.values()))
        self._last_commit.set_to_current_time()
        self._committed_at = time.monotonic()

    def stage(self, name: Stage, seconds: float) -> None:
        """A stage of one batch is over."""
        self._stage.labels(name).observe(seconds)

    def lag(self, partition: int, n: int) -> None:
        """So many records wait in the partition."""
        self._lag.labels(str(partition)).set(n)
        with self._lock:
            self._lag_now[partition] = n

    def forget(self, partition: int) -> None:
        """The partition is another process's now."""
        with self._lock:
            if self._lag_now.pop(partition, None) is not None:
                self._lag.remove(str(partition))

    def lock_wait(self, seconds: float) -> None:
        """The warehouse was free after so long."""
        self._lock_wait.observe(seconds)

    def gap(self, n: int) -> None:
        """So many offsets are gone."""
        self._gap_offsets.inc(n)

    def polled(self) -> None:
        """The loop has asked the broker, whatever came: it lives."""
        self._polled_at = time.monotonic()

    def health(self) -> tuple[bool, Health]:
        """Whether the loop has polled within the last 30 s; and status, age of the last commit (s) and lag."""
        now = time.monotonic()
        polled_at, committed_at = self._polled_at, self._committed_at
        lives = polled_at is not None and now - polled_at < STALLED_AFTER
        status = "ok" if lives else "starting" if polled_at is None else "stalled"
        with self._lock:
            lag = {str(partition): n for partition, n in sorted(self._lag_now.items())}
        age = None if committed_at is None else round(now - committed_at, 3)
        return lives, {"status": status, "last_commit_age_s": age, "lag": lag}
