"""Filters: what a page is narrowed to. They live in the URL, so that a link shows the same view again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import QueryParams

from consent.errors import ConsentError
from dashboards import labels, wording
from dashboards.i18n import N_, carried, translated
from dashboards.i18n import gettext as _

NONE = "(none)"  # in the URL: the rows that have no such value
DAYS = 90  # a view without dates shows the last 90 days

_LABELS = {
    "banner_version": N_("Banner version"),
    "by": N_("By"),
    "category": N_("Category"),
    "compare": N_("Compare with"),
    "from": N_("From"),
    "jurisdiction": N_("Jurisdiction"),
    "kind": N_("Kind"),
    "metric": N_("Metric"),
    "page": N_("Page"),
    "platform": N_("Platform"),
    "region": N_("Region"),
    "rule": N_("Rule"),
    "severity": N_("Severity"),
    "site": N_("Site"),
    "status": N_("Status"),
    "step": N_("Period"),
    "to": N_("To"),
    "under": N_("Rules of"),
    "variant": N_("Variant"),
    "validity": N_("Validity"),
}
PROMPTS = ("site", "region", "platform", "banner_version", "from", "to")
FINDINGS = ("site", "severity", "rule", "jurisdiction", "status")
QUALITY = ("site", "from", "to")
EXPIRY = ("site", "jurisdiction")
INVENTORY = ("site", "status", "category")
RATES = ("metric", "by", "step", "compare", "category", "site", "region", "platform", "banner_version", "from", "to")
BANNER = ("site", "category")
ALERTS = ("site", "kind", "status")
ALWAYS = {
    "severity": labels.SEVERITIES,
    "status": ("open",),
}
REQUIRED = {"metric": "opt_in_rate", "by": "category", "step": "auto", "compare": "previous"}

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_LISTED = 20
_QUOTED = 80


class BadFilter(ConsentError):
    """A filter has a value it cannot have; carries the filter's name."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(problem)
        self.name = name


@dataclass(frozen=True)
class Filters:
    """The narrowing of one view: a value per filter, and the days it covers, both ends included."""

    fields: tuple[str, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    date_from: date | None = None
    date_to: date | None = None

    @classmethod
    def parse(
        cls, query: QueryParams, fields: tuple[str, ...], choices: Mapping[str, Sequence[str]], last_day: date
    ) -> Filters:
        """Read the query of a URL. An empty value filters nothing; one nobody knows raises BadFilter."""
        given = {name: _single(query, name) for name in fields}
        values = {
            name: _known(name, text, choices) for name, text in given.items() if text and name not in {"from", "to"}
        }
        if "from" not in fields:
            return cls(fields, values)
        to = _day("to", given["to"]) or last_day
        start = _day("from", given["from"]) or _back(to, DAYS - 1)
        if start > to:
            raise BadFilter(
                "from", _("From (%(start)s) is after To (%(to)s): choose a From on or before it.", start=start, to=to)
            )
        return cls(fields, values, start, to)

    @property
    def days(self) -> int:
        """How many days the view covers."""
        if self.date_from is None or self.date_to is None:
            return 0
        return (self.date_to - self.date_from).days + 1

    @property
    def step(self) -> str:
        """What one point of a chart covers: long views are drawn by week or month, so that pages stay small."""
        if (wanted := self.values.get("step", "auto")) != "auto":
            return wanted
        return "day" if self.days <= 100 else "week" if self.days <= 732 else "month"

    def parameters(self, **others: Any) -> dict[str, Any]:
        """Values for the statements in `sql/reports/`."""
        values = {name: "" if value == NONE else value for name, value in self.values.items()}
        return {**values, "date_from": self.date_from, "date_to": self.date_to, "step": self.step, **others}

    def between(self, start: date, end: date) -> Filters:
        """The same narrowing over other days."""
        return Filters(self.fields, self.values, start, end)

    def query(self, fields: Sequence[str] | None = None, **changes: str | int) -> str:
        """The query of a link to this view, dates written out, or to a part or a change of it; `?` included."""
        wanted = self.fields if fields is None else fields
        pairs: dict[str, Any] = {name: value for name, value in self.values.items() if name in wanted}
        if self.date_from and self.date_to and "from" in wanted:
            pairs |= {"from": self.date_from.isoformat(), "to": self.date_to.isoformat()}
        pairs |= changes | carried()
        return encoded(pairs)

    def describe(self) -> str:
        """The narrowing in words, for headings and empty tables."""
        parts = [
            f"{label(name)} {labels.value(name, value)}" for name, value in self.values.items() if name not in REQUIRED
        ]
        return ", ".join(parts) if parts else _("All sites")

    def chosen(self, name: str) -> str:
        """The value of a filter that always has one."""
        return self.values.get(name, REQUIRED[name])


def encoded(pairs: Mapping[str, Any]) -> str:
    """The query of an address, `?` included; empty where there is none."""
    return f"?{urlencode(pairs)}" if pairs else ""


def label(name: str) -> str:
    """A filter's name as it stands above its field."""
    return translated(_LABELS[name])


def options(name: str, choices: Mapping[str, Sequence[str]]) -> list[str]:
    """The values a filter offers, as they stand in the URL; rows without a value come last."""
    known = list(choices.get(name, ()))
    always = ALWAYS.get(name, ())
    values = [*always, *(value for value in known if value and value not in always)]
    return [*values, NONE] if "" in known else values


def _single(query: QueryParams, name: str) -> str:
    given = query.getlist(name)
    if len(given) > 1:
        raise BadFilter(name, _("%(name)s is given %(n)s times: choose one value.", name=label(name), n=len(given)))
    return given[0].strip() if given else ""


def _known(name: str, text: str, choices: Mapping[str, Sequence[str]]) -> str:
    allowed = options(name, choices)
    if text in allowed:
        return text
    listed = ", ".join(allowed[:_LISTED]) + (" …" if len(allowed) > _LISTED else "")
    hint = _("Choose one of: %(values)s.", values=listed) if allowed else _("There are none yet.")
    problem = _("%(name)s “%(value)s” is not in the data.", name=label(name), value=_quoted(text))
    raise BadFilter(name, f"{problem} {hint}")


def _day(name: str, text: str) -> date | None:
    if not text:
        return None
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # a 31st of June: the same message
    raise BadFilter(
        name,
        _(
            "%(name)s “%(value)s” is not a date: write year-month-day, such as 2026-11-16.",
            name=label(name),
            value=_quoted(text),
        ),
    )


def _back(day: date, days: int) -> date:
    return day - timedelta(days=days) if day.toordinal() > days else date.min


def _quoted(text: str) -> str:
    return wording.shorten(text, _QUOTED)
