"""Lines over time: a dot per value, a band for its interval, and each line named at its end instead of in a legend."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dashboards import wording
from dashboards.charts.palette import DASHES, NARROW, SMALL, styled
from dashboards.i18n import gettext as _
from dashboards.i18n import language

_HEIGHT, _LOW = 232, 96  # pixels: a chart of its own, one of several small ones


@dataclass(frozen=True)
class Point:
    """One mark: a series' value in one period, with what hovering over it says. A value of None leaves a gap.

    `low` and `high` are the ends of its interval; a `thin` value rests on too few to mean much and is drawn hollow.
    """

    period: date
    series: str
    value: float | None
    says: str
    low: float | None = None
    high: float | None = None
    thin: bool = False


@dataclass(frozen=True)
class Series:
    """One line: its key in the points, the words at its end, its colour."""

    key: str
    label: str
    colour: str


@dataclass(frozen=True)
class LineChart:
    """Lines over time. `unit` is percent or count; `step` the length of a period: day, week or month.

    `top` fixes the upper end of the axis, so that several small charts can be compared.
    """

    name: str
    title: str
    unit: str
    step: str
    series: tuple[Series, ...]
    points: tuple[Point, ...]
    top: float | None = None

    @property
    def summary(self) -> str:
        """What the picture shows, in words."""
        write = wording.percent if self.unit == "percent" else wording.count
        sentences = [f"{self.title}, {wording.by_step(self.step)}."]
        for series in self.series:
            known = [p for p in self.points if p.series == series.key and p.value is not None]
            if not known:
                sentences.append(_("%(series)s: no value.", series=series.label))
                continue
            low, high = min(known, key=_value), max(known, key=_value)
            sentences.append(
                _(
                    "%(series)s: %(first)s on %(first_day)s, %(last)s on %(last_day)s, between %(low)s and %(high)s.",
                    series=series.label,
                    first=write(known[0].value),
                    first_day=wording.day(known[0].period),
                    last=write(known[-1].value),
                    last_day=wording.day(known[-1].period),
                    low=write(low.value),
                    high=write(high.value),
                )
            )
        return " ".join(sentences)

    def spec(self, width: int) -> dict[str, Any]:
        """The Vega-Lite spec at a width in pixels."""
        return spec(self, width)


def spec(chart: LineChart, width: int) -> dict[str, Any]:
    """The Vega-Lite spec of the chart at a width in pixels."""
    narrow, small = width <= NARROW, width <= SMALL
    height = _LOW if small else _HEIGHT
    right = 8 if small else int(8.6 * max((len(series.label) for series in chart.series), default=0)) + 14
    top = chart.top or axis_top(chart)
    keys = [series.key for series in chart.series]
    dashes = {"domain": keys, "range": [DASHES.get(series.colour, [1, 0]) for series in chart.series]}
    shared = {
        "x": _time_axis(chart, 2 if small else 3 if narrow else 7),
        "y": _value_axis(chart, top, small=small),
        "color": {
            "field": "series",
            "type": "nominal",
            "scale": {"domain": keys, "range": [series.colour for series in chart.series]},
            "legend": None,
        },
    }
    dash = {"strokeDash": {"field": "series", "type": "nominal", "scale": dashes, "legend": None}}
    says = {"description": {"field": "says", "type": "nominal"}}
    size = 4 if narrow else 9
    band = {"y": {**shared["y"], "field": "low"}, "y2": {"field": "high"}}
    layers = [
        _layer("points", {"type": "area", "opacity": 0.16, "aria": False}, {**shared, **band}),
        _layer("points", {"type": "line", "strokeWidth": 1.75, "aria": False}, {**shared, **dash}),
        _layer(
            "points", {"type": "point", "filled": True, "opacity": 1, "size": size}, {**shared, **says}, "!datum.thin"
        ),
        _layer(
            "points",
            {"type": "point", "filled": False, "opacity": 1, "size": size * 2, "strokeWidth": 1},
            {**shared, **says},
            "datum.thin",
        ),
        _layer(
            "ends",
            {"type": "text", "align": "left", "dx": 7, "fontSize": 12, "fontWeight": "bold", "aria": False},
            {**shared, "text": {"field": "label", "type": "nominal"}},
        ),
    ]
    return styled(
        {
            "layer": layers if any(point.low is not None for point in chart.points) else layers[1:],
            "width": width - 44 - right,
            "height": height,
            "padding": {"left": 0, "right": 0, "top": 6, "bottom": 2},
            "datasets": {"points": list(_records(chart)), "ends": [] if small else _ends(chart, top, height)},
        }
    )


def _layer(data: str, mark: dict[str, Any], encoding: dict[str, Any], only: str = "") -> dict[str, Any]:
    filtered = {"transform": [{"filter": only}]} if only else {}
    if mark["type"] == "point":
        mark = {**mark, "invalid": "filter"}
    return {"data": {"name": data}, "mark": mark, "encoding": encoding, **filtered}


def _time_axis(chart: LineChart, most: int) -> dict[str, Any]:
    written = "%b %Y" if chart.step == "month" else "%-d %b" if language() == "en" else "%-d. %b"
    axis = {"format": written, "values": _ticks(chart, most)}
    return {"field": "period", "type": "temporal", "scale": {"type": "utc"}, "axis": axis}


def _value_axis(chart: LineChart, top: float, *, small: bool) -> dict[str, Any]:
    number = "%" if chart.unit == "percent" else "~s" if top >= 10_000 else ",d"
    axis = {"format": number, "tickCount": 2 if small else 5}
    return {"field": "value", "type": "quantitative", "scale": {"domain": [0, top], "nice": not small}, "axis": axis}


def axis_top(*charts: LineChart) -> float:
    """The upper end of an axis: just above the highest value, and for rates never above 100%."""
    points = [point for chart in charts for point in chart.points]
    highest = max((max(point.value or 0, point.high or 0) for point in points), default=0)
    if charts[0].unit == "percent":
        return next(top for top in (0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if highest <= top or top == 1.0)
    return max(highest * 1.02, 4)


def _records(chart: LineChart) -> Iterator[dict[str, Any]]:
    """The points, with a gap wherever a period has none: a line must not bridge days without data."""
    known = {(point.series, point.period): point for point in chart.points}
    if not known:
        return
    first, last = min(p.period for p in chart.points), max(p.period for p in chart.points)
    for series in chart.series:
        for period in _periods(first, last, chart.step):
            point = known.get((series.key, period))
            yield {
                "period": f"{period.isoformat()}T00:00:00Z",
                "series": series.key,
                "value": point.value if point else None,
                "low": point.low if point else None,
                "high": point.high if point else None,
                "thin": bool(point and point.thin),
                "says": point.says if point else "",
            }


def _periods(first: date, last: date, step: str) -> Iterator[date]:
    while first <= last:
        yield first
        if step == "month":
            first = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        else:
            first += timedelta(days=7 if step == "week" else 1)


def _ticks(chart: LineChart, most: int) -> list[float]:
    """Where the time axis is labelled, in milliseconds: periods that exist, counted back from the last."""
    periods = sorted({point.period for point in chart.points})
    every = max(1, -(-len(periods) // most))
    return [datetime.combine(day, time(), UTC).timestamp() * 1000 for day in periods[::-1][::every][::-1]]


def _ends(chart: LineChart, top: float, height: int) -> list[dict[str, Any]]:
    """Where each line's name stands: beside its last value, moved apart so that no two overlap."""
    gap = top * 15 / height
    last: dict[str, Point] = {point.series: point for point in chart.points if point.value is not None}
    if not last:
        return []
    at = max(point.period for point in chart.points).isoformat()
    wanted = sorted((s for s in chart.series if s.key in last), key=lambda s: last[s.key].value or 0)
    placed = _apart([last[series.key].value or 0 for series in wanted], gap, top)
    return [
        {"period": f"{at}T00:00:00Z", "series": series.key, "label": series.label, "value": value}
        for series, value in zip(wanted, placed, strict=True)
    ]


def _apart(wanted: list[float], gap: float, top: float) -> list[float]:
    """Ascending positions at least `gap` apart, each group of neighbours centred on where its members belong."""
    groups: list[list[float]] = []  # of positions less what their rank in the group adds
    for value in wanted:
        groups.append([value])
        while len(groups) > 1 and _mean(groups[-1]) < _mean(groups[-2]) + gap * len(groups[-2]):
            upper = groups.pop()
            rank = len(groups[-1])
            groups[-1] += [member - gap * rank for member in upper]
    placed = [_mean(group) + gap * rank for group in groups for rank in range(len(group))]
    shift = max(0.0, -placed[0]) - max(0.0, placed[-1] - top) if placed else 0.0
    return [value + shift for value in placed]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _value(point: Point) -> float:
    return point.value or 0
