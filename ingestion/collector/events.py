"""From a request to the records it brings: each event judged, completed with what only the collector knows, encoded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import uuid4

import orjson

from ingestion.collector.body import parse
from ingestion.collector.crawlers import Crawlers
from ingestion.collector.judgement import Event, Judge, trimmed
from ingestion.collector.origins import Origins
from ingestion.collector.regions import Regions
from ingestion.collector.spool import Record
from ingestion.collector.subjects import KINDS as MAY_LACK_A_SUBJECT
from ingestion.collector.subjects import Subjects

_LARGEST = 64 * 1024  # bytes of one event


@dataclass(frozen=True)
class Sender:
    """Who sends. `trusted`: it gave the write key and is no browser: a server that speaks for visitors it knows."""

    address: str
    headers: Mapping[bytes, bytes]
    by_our_proxy: bool
    origin: str | None
    trusted: bool

    @property
    def user_agent(self) -> str:
        """Empty where there is none."""
        return self.headers.get(b"user-agent", b"").decode("latin-1")


@dataclass
class Judged:
    """The records to deliver; `rejected` has the place of each event that is none, with its reason."""

    records: list[Record] = field(default_factory=list)
    rejected: list[tuple[int, str]] = field(default_factory=list)
    foreign: int = 0  # rejected for the site they name or the origin they came from

    @property
    def status(self) -> int:
        """Of the answer, once the records are delivered."""
        if self.records:
            return 202
        return 403 if self.foreign == len(self.rejected) else 400


class Events:
    """Judges and completes. Thread-safe as long as requests are handled one at a time."""

    def __init__(self, origins: Origins, subjects: Subjects, regions: Regions, *, most: int) -> None:
        self._origins, self._subjects, self._regions, self._most = origins, subjects, regions, most
        self._judge, self._crawlers = Judge(), Crawlers()

    def judge(self, body: bytes, sender: Sender) -> Judged | None:
        """What becomes of a body; None where it holds more events than one request may."""
        parsed = parse(body, self._most)
        if parsed is None:
            return None
        facts = _Facts(self, sender, _now())
        judged = Judged()
        for place, (event, reason) in enumerate(parsed):
            foreign = None if reason else self._origins.refusal(event.get("site"), sender.origin)
            record, problem = (None, reason or foreign) if reason or foreign else self._record(facts.complete(event))
            if record:
                judged.records.append(record)
            elif problem:
                judged.rejected.append((place, problem))
                judged.foreign += foreign is not None
        return judged

    def _record(self, event: Event) -> tuple[Record | None, str | None]:
        """The record of a complete event, or the reason why there is none."""
        if reason := self._judge.reason(event):
            return None, reason
        value = orjson.dumps(event)
        if len(value) > _LARGEST:
            return None, f"out_of_range value: expected at most {_LARGEST} bytes"
        return (event["subject"].encode(), value), None

    def is_crawler(self, sender: Sender) -> bool:
        """By its user agent."""
        return sender.user_agent in self._crawlers

    def region(self, sender: Sender) -> str | None:
        """By our proxy's header or the local file."""
        return self._regions.of(sender.headers, sender.address, trusted=sender.by_our_proxy)

    def subject(self, site: str, sender: Sender) -> str:
        """For an event before any choice."""
        return self._subjects.of(site, sender.address, sender.user_agent)


def _now() -> str:
    """The time in UTC to the millisecond, as RFC 3339 has it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Facts:
    """What holds for all events of a request."""

    def __init__(self, events: Events, sender: Sender, received_at: str) -> None:
        self._events, self._sender, self._received_at = events, sender, received_at
        self._is_bot = events.is_crawler(sender)
        self._region = events.region(sender)
        self._gpc = sender.headers.get(b"sec-gpc") == b"1"

    def complete(self, given: Event) -> Event:
        """A copy of what the contract knows of it, filled in; what a browser cannot know of itself is overwritten."""
        event = trimmed(given)
        event["received_at"] = self._received_at
        if "event_id" not in event:
            event["event_id"] = str(uuid4())
        if not self._sender.trusted:
            event["is_bot"] = self._is_bot
        if not (self._sender.trusted and "region" in event):
            event.pop("region", None)
            if self._region is not None:
                event["region"] = self._region
        if self._gpc:
            signals = event.setdefault("signals", {})
            if isinstance(signals, dict):
                event["signals"] = {**signals, "gpc": True}
        kind, site = event.get("kind"), event.get("site")
        if "subject" not in event and isinstance(kind, str) and kind in MAY_LACK_A_SUBJECT and isinstance(site, str):
            event["subject"] = self._events.subject(site, self._sender)
        return event
