"""Charts: Vega-Lite specs, drawn as SVG on the server, so that page, report and print show the same picture.

The SVG carries no script, no style and no colour of the page: text is a mid-grey that reads on white and on black
where no stylesheet reaches it, and `static/style.css` sets it to the colour of the text around it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dashboards import wording
from dashboards.kept import Kept
from dashboards.svg import tidy

# Okabe and Ito's palette: told apart with any colour vision, and at least 3:1 on white and on black.
BLUE, VERMILLION, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
ORANGE, GREY, TEXT, RULE = "#e69f00", "#808080", "#7a7a7a", "#8886"

WIDE, NARROW = 760, 358  # pixels: the main column of a desktop page, and a phone
_HEIGHT = 232
_FONT = "Helvetica Neue, Liberation Sans, Arial, sans-serif"
_DASHES = {ORANGE: [5, 2], GREY: [2, 2]}


@dataclass(frozen=True)
class Point:
    """One mark: a series' value in one period, with what hovering over it says. A value of None leaves a gap."""

    period: date
    series: str
    value: float | None
    says: str


@dataclass(frozen=True)
class Series:
    """One line: its key in the points, the words at its end, its colour."""

    key: str
    label: str
    colour: str


@dataclass(frozen=True)
class LineChart:
    """Lines over time. `unit` is percent or count; `step` the length of a period: day, week or month."""

    name: str
    title: str
    unit: str
    step: str
    series: tuple[Series, ...]
    points: tuple[Point, ...]

    @property
    def summary(self) -> str:
        """What the picture shows, in words."""
        write = wording.percent if self.unit == "percent" else _whole
        sentences = [f"{self.title}, by {self.step}."]
        for series in self.series:
            known = [p for p in self.points if p.series == series.key and p.value is not None]
            if not known:
                sentences.append(f"{series.label}: no value.")
                continue
            low, high = min(known, key=_value), max(known, key=_value)
            sentences.append(
                f"{series.label}: {write(known[0].value)} on {wording.day(known[0].period)},"
                f" {write(known[-1].value)} on {wording.day(known[-1].period)},"
                f" between {write(low.value)} and {write(high.value)}."
            )
        return " ".join(sentences)


class Charts:
    """Drawn charts, kept by snapshot, spec and width."""

    def __init__(self) -> None:
        self._drawn: Kept[tuple[str, LineChart, int], str] = Kept()

    def svg(self, identity: str, chart: LineChart, width: int) -> str:
        """The chart as one `<svg>` element, safe to put into a page."""
        key = (identity, chart, width)
        return self._drawn.get(key) or self._drawn.put(key, draw(chart, width))


def warm() -> None:
    """Load the chart libraries and start the renderer (more than a second), so that no visitor waits for it."""
    today = date(2000, 1, 1)
    points = tuple(Point(today + timedelta(days=n), "a", 0.5, "") for n in range(2))
    draw(LineChart("warm", "", "percent", "day", (Series("a", "a", BLUE),), points), NARROW)


def draw(chart: LineChart, width: int) -> str:
    """Draw a chart at a width in pixels. The same chart gives the same bytes, in any process."""
    import vl_convert  # noqa: PLC0415 -- slow to load; `warm` does it beforehand

    svg = vl_convert.vegalite_to_svg(spec(chart, width))
    return tidy(svg, f"{chart.name}-{width}", chart.summary)


def spec(chart: LineChart, width: int) -> dict[str, Any]:
    """The Vega-Lite spec: lines, a dot per value, and each line named at its end instead of in a legend."""
    import altair as alt  # noqa: PLC0415 -- takes a second to import

    narrow = width <= NARROW
    right = 7 * max((len(series.label) for series in chart.series), default=0) + 12
    left = 44
    colours = alt.Scale(domain=[s.key for s in chart.series], range=[s.colour for s in chart.series])
    dashes = alt.Scale(domain=colours.domain, range=[_DASHES.get(s.colour, [1, 0]) for s in chart.series])
    top = _top(chart)
    number = "%" if chart.unit == "percent" else "~s" if top >= 10_000 else ",d"
    x = alt.X(
        "period:T",
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(
            format="%b %Y" if chart.step == "month" else "%-d %b",
            values=_ticks(chart, 3 if narrow else 7),
        ),
    )
    y = alt.Y("value:Q", scale=alt.Scale(domain=[0, top], nice=True), axis=alt.Axis(format=number, tickCount=5))
    colour = alt.Color("series:N", scale=colours, legend=None)
    base = alt.Chart(alt.NamedData(name="points")).encode(x=x, y=y, color=colour)
    lines = base.mark_line(strokeWidth=1.75, aria=False).encode(
        strokeDash=alt.StrokeDash("series:N", scale=dashes, legend=None)
    )
    dots = base.mark_point(filled=True, opacity=1, size=4 if narrow else 9, invalid="filter").encode(
        description="says:N"
    )
    ends = (
        alt.Chart(alt.NamedData(name="ends"))
        .mark_text(align="left", dx=7, fontSize=12, fontWeight="bold", aria=False)
        .encode(x=x, y=y, color=colour, text="label:N")
    )
    plot = alt.layer(lines, dots, ends).properties(
        width=width - left - right, height=_HEIGHT, padding={"left": 0, "right": 0, "top": 6, "bottom": 2}
    )
    # The rows are put in afterwards: Altair would copy and check each of them, for a third of a second.
    return {**_styled(plot).to_dict(), "datasets": {"points": list(_records(chart)), "ends": _ends(chart, top)}}


def _styled(plot: Any) -> Any:
    axis = {
        "labelColor": TEXT,
        "labelFont": _FONT,
        "labelFontSize": 12,
        "title": None,
        "domain": False,
        "tickColor": RULE,
        "gridColor": RULE,
        "gridOpacity": 0.55,
        "aria": False,
    }
    plot = plot.configure(background="transparent", font=_FONT).configure_view(stroke=None).configure_axis(**axis)
    return plot.configure_axisX(grid=False, tickSize=4, labelFlush=True).configure_axisY(ticks=False, minExtent=36)


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


def _ends(chart: LineChart, top: float) -> list[dict[str, Any]]:
    """Where each line's name stands: beside its last value, moved apart so that no two overlap."""
    gap = top * 15 / _HEIGHT
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


def _top(chart: LineChart) -> float:
    """The upper end of the axis: just above the highest value, and for rates never above 100%."""
    highest = max((point.value or 0 for point in chart.points), default=0)
    if chart.unit == "percent":
        return next(top for top in (0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if highest <= top or top == 1.0)
    return max(highest * 1.02, 4)


def _value(point: Point) -> float:
    return point.value or 0


def _whole(value: float | None) -> str:
    return wording.count(None if value is None else int(value))
