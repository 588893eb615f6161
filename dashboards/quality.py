"""Data quality: what arrived, what was set aside, and what was left out of the rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboards import charts, labels, wording
from dashboards import filters as fields
from dashboards.charts import LineChart, Point, Series
from dashboards.filters import Filters
from dashboards.i18n import gettext as _
from dashboards.page import Asked, Built, Page
from dashboards.queries import Freshness, Row, Snapshot

FAULTS = ("duplicates", "bots", "clock_skewed", "late", "unknown_site", "unknown_category", "unknown_region")
COUNTS = ("received", "accepted", "quarantined", *FAULTS)
REASONS = 200  # newest rows of the quarantine on the page; the download has all
ISSUES = 100  # the most frequent values that no policy knows; the download has all

_RECEIVED = {"accepted": charts.BLUE, "quarantined": charts.VERMILLION}
_FAULTS = {
    "duplicates": charts.BLUE,
    "bots": charts.GREY,
    "clock_skewed": charts.PURPLE,
    "late": charts.VERMILLION,
    "unknown": charts.GREEN,  # a site, category or region; the table has them apart
}


@dataclass(frozen=True)
class Quality:
    """Everything the data-quality page shows."""

    filters: Filters
    total: Row
    by_site: list[Row]
    over_time: list[Row]
    quarantine: list[Row]
    quarantine_records: int
    reasons: list[Row]
    issues: list[Row] | None  # None: the snapshot does not hold them
    freshest: list[Row]
    lag: float | None
    freshness: Freshness
    chart: LineChart
    faults: LineChart


def quality(snapshot: Snapshot, filters: Filters) -> Quality:
    """Ask the snapshot for everything that the page shows under these filters."""
    by_site = snapshot.rows("data_quality_by_site", filters.parameters())
    over_time = snapshot.rows("data_quality_over_time", filters.parameters())
    quarantine = snapshot.rows("quarantine", filters.parameters())
    freshness = snapshot.freshness()
    return Quality(
        filters=filters,
        total={name: sum(row[name] for row in by_site) for name in (*COUNTS, "impressions_missing")},
        by_site=by_site,
        over_time=over_time,
        quarantine=quarantine[:REASONS],
        quarantine_records=sum(row["records"] for row in quarantine),
        reasons=_by_reason(quarantine),
        issues=snapshot.rows("data_quality_issues", filters.parameters())
        if snapshot.holds("data_quality_issues")
        else None,
        freshest=snapshot.rows("freshness_by_site", filters.parameters()),
        lag=(freshness.as_of - freshness.newest_received).total_seconds() if freshness.newest_received else None,
        freshness=freshness,
        chart=_chart("quality", _("Records received"), _RECEIVED, over_time, filters.step),
        faults=_chart("faults", _("What is wrong with accepted records"), _FAULTS, over_time, filters.step),
    )


def _chart(name: str, title: str, colours: Mapping[str, str], over_time: list[Row], step: str) -> LineChart:
    series = tuple(Series(key, labels.label(key), colour) for key, colour in colours.items())
    points = tuple(
        Point(
            row["period"],
            one.key,
            number := _number(row, one.key),
            f"{one.label}, {wording.period(row['period'], step)}: {wording.count(number)}",
        )
        for row in over_time
        for one in series
    )
    return LineChart(name, title, "count", step, series, points)


def _number(row: Row, key: str) -> int:
    return int(sum(row[name] for name in FAULTS if name.startswith(key)) if key == "unknown" else row[key])


def _by_reason(quarantine: list[Row]) -> list[Row]:
    """The reasons, the most frequent first: (reason, records, last_day)."""
    found: dict[str, Row] = {}
    for row in quarantine:
        reason = found.setdefault(row["reason"], {"reason": row["reason"], "records": 0, "last_day": row["date"]})
        reason["records"] += row["records"]
        reason["last_day"] = max(reason["last_day"], row["date"])
    return sorted(found.values(), key=lambda row: (-row["records"], row["reason"]))


def _build(asked: Asked) -> Built:
    view = quality(asked.snapshot, asked.filters)
    return Built(
        {"view": view, "faults": FAULTS, "listed": ISSUES}, {view.chart.name: view.chart, view.faults.name: view.faults}
    )


PAGE = Page("quality", "/quality", fields.QUALITY, _build)
