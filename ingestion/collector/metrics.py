"""What the collector counts for Prometheus. Labels are codes from a fixed list: no site, no client, no value."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from consent.contract import REASONS

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """A registry for each collector; it is written from the event loop alone."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._accepted = Counter("consent_collector_accepted", "Events acknowledged.", registry=self.registry)
        self._rejected = Counter(
            "consent_collector_rejected", "Events rejected, by reason code.", ["reason"], registry=self.registry
        )
        self._responses = Counter(
            "consent_collector_responses",
            "Answers to senders, by status.",
            ["status"],
            registry=self.registry,
        )
        self._spooled = Counter("consent_collector_spooled", "Events that went to the spool.", registry=self.registry)
        self._spool_records = Gauge("consent_collector_spool_events", "Events in the spool.", registry=self.registry)
        self._spool_bytes = Gauge("consent_collector_spool_bytes", "Bytes of the spool.", registry=self.registry)
        self._direct = Gauge(
            "consent_collector_direct", "1 while events go straight to Kafka, 0 while through the spool.",
            registry=self.registry,
        )  # fmt: skip
        self._produced = Counter("consent_collector_produced", "Events Kafka acknowledged.", registry=self.registry)
        self._produce = Histogram(
            "consent_collector_produce_seconds",
            "Seconds until Kafka had acknowledged a group of events.",
            buckets=_SECONDS,
            registry=self.registry,
        )

    def answered(self, status: int, accepted: int = 0, reasons: Iterable[str] = ()) -> None:
        """A request was answered."""
        self._responses.labels(status).inc()
        if accepted:
            self._accepted.inc(accepted)
        for reason in reasons:
            code = reason.partition(" ")[0]
            self._rejected.labels(code if code in REASONS else "other").inc()

    def produced(self, records: int, seconds: float) -> None:
        """A group went to Kafka."""
        self._produced.inc(records)
        self._produce.observe(seconds)

    def spooled(self, records: int) -> None:
        """A group went to the spool."""
        self._spooled.inc(records)

    def spool(self, records: int, size: int, *, direct: bool) -> None:
        """What the spool holds now."""
        self._spool_records.set(records)
        self._spool_bytes.set(size)
        self._direct.set(direct)
