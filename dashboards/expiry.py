"""Expiry: what runs out when, as a forecast and a calendar, and what would under another validity."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from consent.settings import Settings
from dashboards import charts, labels, wording
from dashboards.charts import LineChart, Point, Series
from dashboards.filters import Filters
from dashboards.i18n import gettext as _
from dashboards.page import Asked, Built, Choices, Page
from dashboards.queries import Freshness, Row, Snapshot

DAYS = 90  # the forecast reaches so far
MONTHS = ("1", "3", "6", "12", "13", "24")
FIELDS = ("site", "jurisdiction", "category", "validity", "under")
_LEVELS = 5  # shades of the calendar


@dataclass(frozen=True)
class Day:
    """One day of the calendar: how many run out, and how dark that is; None before and after the forecast."""

    day: date
    expiring: int | None
    level: int


@dataclass(frozen=True)
class Expiry:
    """Everything the page shows. `months` is the validity asked about, and `under` whose it is."""

    windows: list[Row]
    daily: list[Row]
    category: str
    weeks: tuple[tuple[Day, ...], ...]
    chart: LineChart
    months: int | None
    under: Row | None
    what_if: list[Row]
    validities: list[Row]


def expiry(snapshot: Snapshot, chosen: Filters, freshness: Freshness) -> Expiry:
    """Ask the snapshot for everything that the page shows under these filters."""
    first = freshness.as_of.date()
    daily = snapshot.rows("expiry_daily", chosen.parameters())
    totals: dict[str, int] = {}
    for row in daily:
        totals[row["category"]] = totals.get(row["category"], 0) + row["expiring"]
    order = sorted(totals, key=lambda name: (-totals[name], labels.category_order(name)))
    category = chosen.values.get("category") or (order[0] if order else "marketing")
    validities = snapshot.rows("validities", {})
    under = next((row for row in validities if row["jurisdiction"] == chosen.values.get("under")), None)
    asked = chosen.values.get("validity")
    months = int(asked) if asked else int(under["months"]) if under else None
    parameters = chosen.parameters(day=first)
    return Expiry(
        sorted(snapshot.rows("expiry_windows", parameters), key=lambda row: labels.category_order(row["category"])),
        daily,
        category,
        tuple(_weeks({row["date"]: row["expiring"] for row in daily if row["category"] == category}, first)),
        _chart(daily, first),
        months,
        under,
        _what_if(snapshot, chosen, first) if months else [],
        validities,
    )


def _what_if(snapshot: Snapshot, chosen: Filters, first: date) -> list[Row]:
    """Grants by site and category: over at once, and run out within 30 and 90 days; as `consent forecast` counts."""
    values = chosen.parameters()
    months = int(values["validity"]) if "validity" in values else None
    asked = {"site": values.get("site"), "by": "day", "days": DAYS, "validity_months": months}
    asked["jurisdiction"] = values.get("under")  # which the months, where they are given, go before
    found: dict[tuple[str, str], Row] = {}
    for row in snapshot.rows("expiry_what_if", asked):
        if any(values.get(name, row[name]) != row[name] for name in ("jurisdiction", "category")):
            continue
        counts = found.setdefault(
            (row["site"], row["category"]),
            {name: row[name] for name in ("site", "category")}
            | dict.fromkeys(("gone_at_once", "within_30", "within_90", "within_90_now"), 0),
        )
        if row["date"] is None:
            counts["gone_at_once"] += row["would_expire"] - row["expiring"]
            continue
        counts["within_90"] += row["would_expire"]
        counts["within_90_now"] += row["expiring"]
        counts["within_30"] += row["would_expire"] if row["date"] < first + timedelta(days=30) else 0
    return sorted(found.values(), key=lambda row: (row["site"], labels.category_order(row["category"])))


def _weeks(counts: dict[date, int], first: date) -> Iterator[tuple[Day, ...]]:
    most = max(counts.values(), default=0)
    last = first + timedelta(days=DAYS - 1)
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        yield tuple(_day(monday + timedelta(days=n), counts, first, last, most) for n in range(7))
        monday += timedelta(days=7)


def _day(day: date, counts: dict[date, int], first: date, last: date, most: int) -> Day:
    if not first <= day <= last:
        return Day(day, None, 0)
    expiring = counts.get(day, 0)
    return Day(day, expiring, 0 if not expiring else max(1, -(-_LEVELS * expiring // most)))


def _chart(daily: list[Row], first: date) -> LineChart:
    """By week, from the as-of day on: days alone are too ragged to read."""
    sums: dict[tuple[date, str], int] = {}
    for row in daily:
        week = first + timedelta(days=(row["date"] - first).days // 7 * 7)
        sums[week, row["category"]] = sums.get((week, row["category"]), 0) + row["expiring"]
    categories = sorted({category for _week, category in sums}, key=labels.category_order)
    colours = charts.category_colours(categories)
    weeks = [first + timedelta(days=7 * n) for n in range(-(-DAYS // 7))] if sums else []
    points = tuple(
        Point(
            week,
            category,
            sums.get((week, category), 0),
            f"{labels.label(category)}, {wording.period(week, 'week')}: {wording.count(sums.get((week, category), 0))}",
        )
        for category in categories
        for week in weeks
    )
    series = tuple(Series(name, labels.label(name), colours[name]) for name in categories)
    return LineChart("expiring", _("Consents that run out"), "count", "week", series, points)


def choices(snapshot: Snapshot, _settings: Settings) -> Choices:
    """Validities to ask about, and the jurisdictions that name one."""
    named = [row["jurisdiction"] for row in snapshot.rows("validities", {})]
    return {
        "validity": list(MONTHS),
        "names of validity": {n: _("%(n)s months", n=n) for n in MONTHS},
        "under": named,
    }


def _build(asked: Asked) -> Built:
    view = expiry(asked.snapshot, asked.filters, asked.snapshot.freshness())
    return Built({"view": view}, {view.chart.name: view.chart})


PAGE = Page("expiry", "/expiry", FIELDS, _build, choices=choices)
