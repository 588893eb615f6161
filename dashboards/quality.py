"""Data quality: what arrived, what was set aside, and what was left out of the rates."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import charts, wording
from dashboards.charts import LineChart, Point, Series
from dashboards.filters import Filters
from dashboards.queries import Freshness, Row, Snapshot

COUNTS = ("received", "accepted", "quarantined", "duplicates", "bots", "clock_skewed", "late")
REASONS = 200  # newest rows of the quarantine on the page; the download has all

_SERIES = (
    Series("accepted", "Accepted", charts.BLUE),
    Series("quarantined", "Quarantined", charts.VERMILLION),
    Series("late", "Late", charts.PURPLE),
)


@dataclass(frozen=True)
class Quality:
    """Everything the data-quality page shows."""

    filters: Filters
    total: Row
    by_site: list[Row]
    over_time: list[Row]
    quarantine: list[Row]
    quarantine_records: int
    freshness: Freshness
    chart: LineChart


def quality(snapshot: Snapshot, filters: Filters) -> Quality:
    """Ask the snapshot for everything that the page shows under these filters."""
    by_site = snapshot.rows("data_quality_by_site", filters.parameters())
    over_time = snapshot.rows("data_quality_over_time", filters.parameters())
    quarantine = snapshot.rows("quarantine", filters.parameters())
    points = tuple(
        Point(
            row["period"],
            series.key,
            row[series.key],
            f"{series.label}, {wording.period(row['period'], filters.step)}: {wording.count(row[series.key])}",
        )
        for row in over_time
        for series in _SERIES
    )
    return Quality(
        filters=filters,
        total={name: sum(row[name] for row in by_site) for name in (*COUNTS, "impressions_missing")},
        by_site=by_site,
        over_time=over_time,
        quarantine=quarantine[:REASONS],
        quarantine_records=sum(row["records"] for row in quarantine),
        freshness=snapshot.freshness(),
        chart=LineChart("quality", "Records received", "count", filters.step, _SERIES, points),
    )
