"""Rates: any metric of the registry by any dimension, over time in small multiples and side by side, compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from consent.metric_query import select
from consent.metrics import RELATIONS, Metric, Metrics
from consent.settings import Settings
from dashboards import charts, filters, labels, wilson, wording
from dashboards.charts import Estimate, IntervalChart, LineChart, Point, Series
from dashboards.charts.lines import axis_top
from dashboards.filters import Filters
from dashboards.i18n import gettext as _
from dashboards.i18n import translated
from dashboards.page import Asked, Built, Choices, Page
from dashboards.queries import Row, Snapshot
from dashboards.wilson import THIN

SHOWN = 12  # values of the dimension that get a chart; the table has all of them
ROWS = 40  # values in the comparison and its table; the download has all
_WHERE = ("site", "region", "platform", "banner_version", "category")
_BY = ("category", "site", "region", "platform", "banner_version", "variant", "banner_id")


@dataclass(frozen=True)
class Value:
    """One value of the dimension: its numbers now and in the days compared with. `interval` is for a rate alone."""

    key: tuple[str, ...]
    label: str
    now: Row
    before: Row | None
    is_rate: bool

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """The 95% interval of the present rate."""
        return interval(self.now, is_rate=self.is_rate)

    @property
    def thin(self) -> bool:
        """Whether too few stand below the rate for it to mean much."""
        return self.is_rate and (self.now["denominator"] or 0) < THIN

    @property
    def change(self) -> str:
        """Against the days compared with: in percentage points for a rate, in percent for a count."""
        now, before = self.now["value"], (self.before or {}).get("value")
        if now is None or before is None:
            return wording.ABSENT
        if self.is_rate:
            return wording.points(now, before)
        return f"{wording.signed((now / before - 1) * 100)}%" if before else wording.ABSENT


@dataclass(frozen=True)
class Rates:
    """Everything the page shows."""

    metric: Metric
    by: str
    filters: Filters
    before: tuple[date, date] | None
    values: tuple[Value, ...]
    over_time: list[Row]
    small: tuple[tuple[Value, LineChart], ...]
    side_by_side: IntervalChart
    title: str

    @property
    def left_out(self) -> tuple[str, ...]:
        """Filters that this metric cannot heed: what it counts does not have them."""
        dimensions = RELATIONS[self.metric.over].dimensions
        return tuple(name for name in self.filters.values if name in _WHERE and name not in dimensions)

    @property
    def more(self) -> int:
        """Values that have no chart of their own."""
        return max(0, len(self.values) - len(self.small))

    def write(self, value: float | None) -> str:
        """A value of this metric, as its unit wants it."""
        return wording.percent(value) if self.metric.is_rate else wording.count(value)


def rates(snapshot: Snapshot, registry: Metrics, chosen: Filters) -> Rates:
    """Ask for a metric by a dimension under the filters. A dimension that it cannot be split by: the one it can."""
    metric = registry[chosen.chosen("metric")]
    by = _dimension(metric, chosen)
    start, end = chosen.date_from or date.min, chosen.date_to or date.max
    before = _compared(chosen, start, end)
    now = _ask(snapshot, metric, by, chosen, start, end)
    then = {_key(row, by): row for row in _ask(snapshot, metric, by, chosen, *before)} if before else {}
    over_time = _ask(snapshot, metric, by, chosen, start, end, grain=chosen.step)
    values = tuple(
        Value(_key(row, by), _label(row, by), row, then.get(_key(row, by)), metric.is_rate) for row in _ordered(now, by)
    )
    title = _("%(metric)s by %(dimension)s", metric=translated(metric.title), dimension=labels.label(by).lower())
    return Rates(
        metric,
        by,
        chosen,
        before,
        values,
        over_time,
        _small(metric, by, values[:SHOWN], over_time, chosen.step),
        _side_by_side(metric, by, values[:ROWS], title),
        title,
    )


def interval(row: Mapping[str, float | None], *, is_rate: bool) -> tuple[float | None, float | None]:
    """The 95% interval of a row's rate; none for a count, or where there is no rate."""
    if not is_rate or row["value"] is None:
        return None, None
    return wilson.interval(row["numerator"], row["denominator"])


def _dimension(metric: Metric, chosen: Filters) -> str:
    wanted, possible = chosen.chosen("by"), RELATIONS[metric.over].dimensions
    return wanted if wanted in possible else "site"


def _compared(chosen: Filters, start: date, end: date) -> tuple[date, date] | None:
    length = timedelta(days=(end - start).days + 1)
    if (how := chosen.chosen("compare")) == "none":
        return None
    back = timedelta(days=364) if how == "year" else length  # whole weeks, so that weekdays match
    return (start - back, end - back) if start.toordinal() > back.days else None


def _ask(
    snapshot: Snapshot, metric: Metric, by: str, chosen: Filters, start: date, end: date, grain: str | None = None
) -> list[Row]:
    dimensions = RELATIONS[metric.over].dimensions
    given = {name: value for name, value in chosen.values.items() if name in _WHERE and name in dimensions}
    where = {name: "" if value == filters.NONE else value for name, value in given.items()}
    text, parameters = select(metric, by=(by,), grain=grain, where=where, start=start, end=end)
    return snapshot.select(text, parameters, metric.name)


def _key(row: Row, by: str) -> tuple[str, ...]:
    return (row[by], *([row["category"]] if "category" in row and by != "category" else []))


def _label(row: Row, by: str) -> str:
    return " · ".join(labels.value(name, part) for name, part in zip((by, "category"), _key(row, by), strict=False))


def _ordered(rows: Sequence[Row], by: str) -> list[Row]:
    """Categories in their order, all else by how much stands behind it."""
    if by == "category":
        return sorted(rows, key=lambda row: labels.category_order(row["category"]))
    return sorted(rows, key=lambda row: (-(row["denominator"] or row["numerator"] or 0), _key(row, by)))


def _small(
    metric: Metric, by: str, values: Sequence[Value], over_time: Sequence[Row], step: str
) -> tuple[tuple[Value, LineChart], ...]:
    unit = "percent" if metric.is_rate else "count"
    colours = charts.category_colours([value.key[-1] for value in values if "category" in value.now])
    made = []
    for number, value in enumerate(values):
        colour = colours.get(value.key[-1], charts.BLUE) if "category" in value.now else charts.BLUE
        rows = [row for row in over_time if _key(row, by) == value.key]
        points = tuple(_point(row, value.label, step, is_rate=metric.is_rate) for row in rows)
        series = (Series(value.label, value.label, colour),)
        made.append(LineChart(f"small-{number}", value.label, unit, step, series, points))
    top = axis_top(*made) if made else 1.0
    return tuple((value, replace(chart, top=top)) for value, chart in zip(values, made, strict=True))


def _point(row: Row, label: str, step: str, *, is_rate: bool) -> Point:
    low, high = interval(row, is_rate=is_rate)
    said = f"{label}, {wording.period(row['period'], step)}: {_says(row, is_rate=is_rate)}"
    return Point(row["period"], label, row["value"], said, low, high, is_rate and (row["denominator"] or 0) < THIN)


def _says(row: Row, *, is_rate: bool) -> str:
    if not is_rate:
        return wording.count(row["value"])
    part, whole = wording.count(row["numerator"]), wording.count(row["denominator"])
    return f"{wording.percent(row['value'])} ({_('%(part)s of %(whole)s', part=part, whole=whole)})"


def _side_by_side(metric: Metric, by: str, values: Sequence[Value], title: str) -> IntervalChart:
    estimates = tuple(
        Estimate(
            value.label,
            value.now["value"],
            *value.interval,
            f"{value.label}: {_says(value.now, is_rate=metric.is_rate)}",
            thin=value.thin,
        )
        for value in values
    )
    return IntervalChart(f"by-{by}", title, "percent" if metric.is_rate else "count", estimates)


def choices(_snapshot: Snapshot, settings: Settings) -> Choices:
    """What the filters of this page offer beyond what is in the data."""
    registry = Metrics.load(settings.policies)
    return {
        "metric": list(registry.metrics),
        "names of metric": {metric.name: translated(metric.title) for metric in registry},
        "by": list(_BY),
        "names of by": {name: labels.label(name) for name in _BY},
        "step": ["auto", "day", "week", "month"],
        "names of step": {"auto": _("As fits"), **{s: labels.label(s) for s in ("day", "week", "month")}},
        "compare": ["previous", "year", "none"],
        "names of compare": {"previous": _("The days before"), "year": _("A year before"), "none": _("Nothing")},
    }


def _build(asked: Asked) -> Built:
    view = rates(asked.snapshot, Metrics.load(asked.settings.policies), asked.filters)
    named = {chart.name: chart for _value, chart in view.small}
    return Built({"view": view}, {**named, view.side_by_side.name: view.side_by_side})


PAGE = Page("rates", "/rates", filters.RATES, _build, choices=choices)
