"""Data quality: what arrived, what was set aside, and what was left out of the rates."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import charts, labels, wording
from dashboards import filters as fields
from dashboards.charts import LineChart, Point, Series
from dashboards.filters import Filters
from dashboards.i18n import gettext as _
from dashboards.page import Asked, Built, Page
from dashboards.queries import Freshness, Row, Snapshot

COUNTS = ("received", "accepted", "quarantined", "duplicates", "bots", "clock_skewed", "late")
REASONS = 200  # newest rows of the quarantine on the page; the download has all

_SERIES = {"accepted": charts.BLUE, "quarantined": charts.VERMILLION, "late": charts.PURPLE}


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
    lag: float | None
    freshness: Freshness
    chart: LineChart


def quality(snapshot: Snapshot, filters: Filters) -> Quality:
    """Ask the snapshot for everything that the page shows under these filters."""
    by_site = snapshot.rows("data_quality_by_site", filters.parameters())
    over_time = snapshot.rows("data_quality_over_time", filters.parameters())
    quarantine = snapshot.rows("quarantine", filters.parameters())
    series = tuple(Series(key, labels.label(key), colour) for key, colour in _SERIES.items())
    points = tuple(
        Point(
            row["period"],
            one.key,
            row[one.key],
            f"{one.label}, {wording.period(row['period'], filters.step)}: {wording.count(row[one.key])}",
        )
        for row in over_time
        for one in series
    )
    freshness = snapshot.freshness()
    return Quality(
        filters=filters,
        total={name: sum(row[name] for row in by_site) for name in (*COUNTS, "impressions_missing")},
        by_site=by_site,
        over_time=over_time,
        quarantine=quarantine[:REASONS],
        quarantine_records=sum(row["records"] for row in quarantine),
        reasons=_by_reason(quarantine),
        lag=(freshness.as_of - freshness.newest_received).total_seconds() if freshness.newest_received else None,
        freshness=freshness,
        chart=LineChart("quality", _("Records received"), "count", filters.step, series, points),
    )


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
    return Built({"view": view}, {view.chart.name: view.chart})


PAGE = Page("quality", "/quality", fields.QUALITY, _build)
