"""An alert: one number of one site that is not what it should be, from its first day to its last."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from consent.alert_message import message
from consent.alerts.drivers import Driver
from consent.tongue import ENGLISH

Kind = Literal[
    "rate_drop", "impressions_vanished", "choices_exceed_impressions", "category_always_true", "segment_silent"
]
_PAUSE = timedelta(days=2)  # one good day between two bad ones ends nothing


@dataclass(frozen=True)
class Alert:
    """A row of the mart `alerts`. Its numbers are those of its first day: they do not change while it lasts.

    `value` and `expected` are in the metric's own unit; without an alert, a day lies between `expected_low` and
    `expected_high`. `dimension` and `segment` name the part of the site that is meant, where it is not all of it.
    """

    kind: Kind
    severity: Literal["medium", "high"]
    site: str
    metric: str
    category: str
    value: float
    expected: float | None
    expected_low: float | None
    expected_high: float | None
    prompts: int
    drivers: tuple[Driver, ...]
    first_seen: date
    last_seen: date
    status: Literal["open", "over"]
    dimension: str = ""
    segment: str = ""
    title: str = ""  # of the metric, where the message names it

    @property
    def subject(self) -> str:
        """What it is about, whenever that was: an alert and its return have the same."""
        return "|".join((self.kind, self.site, self.metric, self.category, self.dimension, self.segment))

    @property
    def alert_id(self) -> str:
        """The same for the same subject and first day."""
        return hashlib.md5(f"{self.subject}|{self.first_seen}".encode(), usedforsecurity=False).hexdigest()

    @property
    def link(self) -> str:
        """The page of the dashboard that shows it: a path, for the dashboard's address to go before."""
        days = {"from": self.first_seen - timedelta(days=28), "to": self.last_seen}
        if self.kind in ("rate_drop", "category_always_true"):
            by = self.drivers[0].dimension if self.drivers else "region"
            chosen = {"metric": self.metric, "by": by, "site": self.site, "category": self.category}
            return f"/rates?{urlencode({key: value for key, value in (chosen | days).items() if value})}"
        return f"/quality?{urlencode({'site': self.site} | days)}"

    @property
    def message(self) -> str:
        """What it says, in English."""
        facts = {one.name: getattr(self, one.name) for one in fields(self)}
        return message(facts, self.title, [driver.as_dict() for driver in self.drivers], ENGLISH)

    def row(self) -> tuple[Any, ...]:
        """In the order of `staging.alerts` (consent/tables.py)."""
        values: dict[str, Any] = {}
        for one in fields(self):
            if one.name == "value":
                values["date"] = self.first_seen
            if one.name == "first_seen":
                values["message"] = self.message
            values[one.name] = getattr(self, one.name)
        values["drivers"] = json.dumps([driver.as_dict() for driver in self.drivers])
        extra = [values.pop("dimension"), values.pop("segment"), self.link]
        values.pop("title")
        return self.alert_id, *values.values(), *extra


def episodes(days: Iterable[date]) -> list[tuple[date, date]]:
    """First and last day of each run of bad days."""
    runs: list[tuple[date, date]] = []
    for day in sorted(days):
        if runs and day - runs[-1][1] <= _PAUSE:
            runs[-1] = (runs[-1][0], day)
        else:
            runs.append((day, day))
    return runs


def status_of(last_seen: date, last: date) -> Literal["open", "over"]:
    """Open while the last day that was judged is bad."""
    return "open" if last_seen >= last else "over"
