"""Charts: the same bytes each time, names that stay text, gaps that stay gaps."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import date

from dashboards.charts import BLUE, NARROW, VERMILLION, WIDE, Charts, LineChart, Point, Series, draw, spec

UNKIND = '"><script>alert(1)</script>'


def chart(gap: bool = False) -> LineChart:
    days = [date(2026, 11, day) for day in range(1, 15) if not (gap and day in {6, 7})]
    series = (Series("one", "One", BLUE), Series(UNKIND, UNKIND, VERMILLION))
    points = [Point(day, s.key, 0.4 + n / 100, f"{s.label} {n}") for n, s in enumerate(series) for day in days]
    return LineChart("rates", "Opt-in rate", "percent", "day", series, tuple(points))


def test_the_same_chart_is_the_same_bytes_and_well_formed() -> None:
    first = draw(chart(), WIDE)
    draw(chart(), NARROW)
    assert draw(chart(), WIDE) == first
    root = ET.fromstring(first)
    assert root.get("role") == "img"
    assert root.get("aria-label", "").startswith("Opt-in rate, by day. One: 40.0% on 1 Nov 2026, 40.0% on 14 Nov")
    assert not root.findall(".//{http://www.w3.org/2000/svg}script")
    assert "<script" not in first
    assert "style=" not in first
    assert f"{UNKIND} 1" in {title.text for title in root.iter("{http://www.w3.org/2000/svg}title")}


def test_days_without_data_are_a_gap() -> None:
    rows = spec(chart(gap=True), WIDE)["datasets"]["points"]
    missing = {row["period"][:10] for row in rows if row["value"] is None}
    assert missing == {"2026-11-06", "2026-11-07"}


def test_names_at_the_ends_of_lines_keep_apart() -> None:
    low, high = sorted(row["value"] for row in spec(chart(), WIDE)["datasets"]["ends"])
    assert high - low > 0.03  # of an axis that ends at 0.6


def test_an_empty_chart_can_be_drawn() -> None:
    ET.fromstring(draw(LineChart("none", "Nothing", "count", "day", (), ()), WIDE))


def test_a_chart_is_drawn_once_per_snapshot_and_width() -> None:
    charts = Charts()
    assert charts.svg("one", chart(), WIDE) is charts.svg("one", chart(), WIDE)
    assert charts.svg("two", chart(), WIDE) is not charts.svg("one", chart(), WIDE)
