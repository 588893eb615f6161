"""Sending: lines or records into the topic, each acknowledged by every replica before it counts."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from kafka import KafkaProducer

from consent.errors import BrokerUnavailable
from consent.settings import Settings
from ingestion.adapters import Format
from ingestion.adapters.native import Told
from ingestion.broker import bootstrap_servers
from ingestion.connection import kafka_errors, kafka_python_options, security
from ingestion.decoder import Decoder, as_batch
from ingestion.rejected import Rejected
from ingestion.topics import describe_topic
from ingestion.translate import Translated, translate

T = TypeVar("T")
_CHECK_LINES = 10_000


class Record(Protocol):
    """What goes out: bytes, and the time Kafka shall keep with them (None: now)."""

    @property
    def key(self) -> bytes | None:
        """Decides the partition."""

    @property
    def value(self) -> bytes:
        """The event."""

    @property
    def timestamp_ms(self) -> int | None:
        """Milliseconds since 1970 UTC."""


@dataclass(frozen=True)
class Line:
    """A canonical line as a record, untouched; its key is the event's subject where it can be read."""

    key: bytes | None
    value: bytes
    timestamp_ms: int | None = None


@dataclass
class Sent:
    """Totals; `rejected` maps a reason to the numbers (from 1) of the lines held back, `kept` is where they lie."""

    sent: int
    rejected: dict[str, list[int]]
    kept: Path | None = None


def send_lines(lines: Iterable[bytes], settings: Settings, *, check: bool = False) -> Sent:
    """Send NDJSON. Blank lines are skipped; with `check` only lines that the decoder accepts go out.

    Raises BrokerUnavailable, saying how many were acknowledged before it broke off.
    """
    numbered = ((number, text) for number, line in enumerate(lines, 1) if (text := line.rstrip(b"\r\n")).strip())
    rejected: dict[str, list[int]] = {}
    good = _only_good(numbered, rejected) if check else (line for _, line in numbered)
    sent = send_records((Line(_subject(line), line) for line in good), settings)
    return Sent(sent, rejected)


def send_native(stream: BinaryIO, form: Format, told: Told, settings: Settings) -> Sent:
    """Send what a file of native payloads says, as canonical events that the decoder accepts.

    A payload that its adapter does not understand, or whose event breaks the contract, stays behind with its reason in
    `<home>/rejected/<format>.ndjson`, which only this user can read. Raises as `send_lines`.
    """
    rejected: dict[str, list[int]] = {}
    kept = Rejected(settings.home, form.name)

    def understood() -> Iterator[tuple[Translated, bytes]]:
        for translated in translate(stream, form, told):
            if translated.reason is not None:
                rejected.setdefault(translated.reason, []).append(translated.number)
                kept.keep(translated, translated.reason)
            yield from ((translated, json.dumps(event).encode()) for event in translated.events)

    def good() -> Iterator[bytes]:
        for translated, line, reason in _judged(understood()):
            if reason is None:
                yield line
            else:
                rejected.setdefault(reason, []).append(translated.number)
                kept.keep(translated, reason)

    with kept:
        sent = send_records((Line(_subject(line), line) for line in good()), settings)
    return Sent(sent, rejected, kept.path if rejected else None)


def send_records(
    records: Iterable[Record], settings: Settings, *, on_progress: Callable[[int], None] | None = None
) -> int:
    """Send records; returns how many were acknowledged, all of them or an error."""
    servers = bootstrap_servers(settings)
    secured = security(settings)
    describe_topic(servers, settings.topic, timeout=settings.kafka_timeout, security=secured)
    failures: list[BaseException] = []
    count = 0
    with kafka_errors(servers, secured):
        producer = KafkaProducer(
            **kafka_python_options(servers, settings.kafka_timeout, secured),
            acks="all",
            linger_ms=20,
            batch_size=512 * 1024,
        )
        try:
            for count, record in enumerate(records, 1):
                producer.send(
                    settings.topic, value=record.value, key=record.key, timestamp_ms=record.timestamp_ms
                ).add_errback(failures.append)
                if failures:
                    break
                if on_progress and count % 1000 == 0:
                    on_progress(count)
            producer.flush()
        finally:
            producer.close()
    if failures:
        raise BrokerUnavailable(
            f"Kafka at {servers}: {type(failures[0]).__name__} after {count - len(failures)} of {count} records "
            "were acknowledged; send the rest again (repeats are counted once)"
        )
    return count


def _subject(line: bytes) -> bytes | None:
    try:
        subject = json.loads(line)["subject"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return subject.encode("utf-8", "replace") if isinstance(subject, str) else None


def _only_good(numbered: Iterable[tuple[int, bytes]], rejected: dict[str, list[int]]) -> Iterator[bytes]:
    for number, line, reason in _judged(numbered):
        if reason is None:
            yield line
        else:
            rejected.setdefault(reason, []).append(number)


def _judged(lines: Iterable[tuple[T, bytes]]) -> Iterator[tuple[T, bytes, str | None]]:
    """Each line with the reason the decoder would set it aside for, or None."""
    with Decoder() as decoder:
        waiting = iter(lines)
        while chunk := list(itertools.islice(waiting, _CHECK_LINES)):
            decoder.decode(as_batch([line for _, line in chunk]))
            for (whose, line), reason in zip(chunk, decoder.reasons(), strict=True):
                yield whose, line, reason
