"""The overview: rates, prompts, findings and expiry of one view, as the page and the report both show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dashboards import charts, wording
from dashboards.charts import LineChart, Point, Series
from dashboards.filters import Filters
from dashboards.queries import Freshness, Row, Snapshot

RECENT = 7  # days that count as "now"
THIN = 100  # fewer prompts than this make a rate that means little

_COLOURS = {
    "marketing": charts.VERMILLION,
    "performance": charts.BLUE,
    "functionality": charts.GREEN,
    "necessary": charts.GREY,
}
_OTHER_COLOURS = (charts.PURPLE, charts.ORANGE)
_PROMPT_SERIES = (
    Series("shown", "Prompts", charts.GREY),
    Series("choices", "Choices", charts.BLUE),
    Series("accept_all", "Accept all", charts.VERMILLION),
    Series("reject_all", "Reject all", charts.PURPLE),
    Series("save", "Save", charts.GREEN),
)


@dataclass(frozen=True)
class CategoryRates:
    """One category: the latest days, the days before them, and the whole view."""

    category: str
    colour: str
    recent: Row | None
    before: Row | None
    whole: Row

    @property
    def label(self) -> str:
        """The category's name as a heading."""
        return wording.label(self.category)

    @property
    def change(self) -> str:
        """Opt-in rate of the latest days minus that of the days before, in percentage points."""
        now, then = ((row or {}).get("opt_in_rate") for row in (self.recent, self.before))
        return wording.points(now, then)

    @property
    def thin(self) -> bool:
        """Whether too few were prompted for the latest rate to mean much."""
        return self.recent is not None and self.recent["shown"] < THIN


@dataclass(frozen=True)
class Overview:
    """Everything the overview shows. `recent_days` may be fewer than seven where the view is shorter."""

    filters: Filters
    rates: tuple[CategoryRates, ...]
    recent: tuple[date, date]
    before: tuple[date, date]
    prompts: Row
    opt_in_over_time: list[Row]
    prompts_over_time: list[Row]
    severities: list[Row]
    expiring: list[Row]
    freshness: Freshness
    opt_in_chart: LineChart
    prompts_chart: LineChart

    @property
    def recent_days(self) -> int:
        """How many days the current number covers."""
        return (self.recent[1] - self.recent[0]).days + 1

    @property
    def missing(self) -> bool:
        """Whether any rate over prompts had to be left out."""
        rows = [row for rate in self.rates for row in (rate.recent, rate.whole) if row]
        return any(row["impressions_missing"] for row in [*rows, *self.opt_in_over_time])

    @property
    def incomplete_grains(self) -> int:
        """Published rows with more choices than prompts below sums that do not show it."""
        return max((rate.whole["incomplete_grains"] for rate in self.rates), default=0)

    @property
    def open_findings(self) -> int:
        """All open findings, of every severity."""
        return sum(row["findings"] for row in self.severities)

    @property
    def headline(self) -> str:
        """The answer in one sentence, for the category that people refuse most often to grant."""
        return sentence(self.rates[0], self.recent_days) if self.rates else "Nobody was prompted in these days."


def overview(snapshot: Snapshot, filters: Filters, recent_days: int = RECENT) -> Overview:
    """Ask the snapshot for everything that the overview shows under these filters."""
    if filters.date_from is None or filters.date_to is None:
        raise ValueError("the overview needs filters with days")
    days = min(recent_days, filters.days)
    recent = (_back(filters.date_to, days - 1), filters.date_to)
    before = (_back(recent[0], days), _back(recent[0], 1))
    freshness = snapshot.freshness()
    latest, earlier = (_by_category(snapshot, filters.between(*window)) for window in (recent, before))
    whole = snapshot.rows("opt_in_total", filters.parameters())
    colours = _colours([row["category"] for row in whole])
    rates = tuple(
        CategoryRates(name, colours[name], latest.get(name), earlier.get(name), row)
        for row in sorted(whole, key=lambda row: wording.category_order(row["category"]))
        for name in [row["category"]]
    )
    opt_in = snapshot.rows("opt_in_over_time", filters.parameters())
    prompts = snapshot.rows("prompts_over_time", filters.parameters())
    severities = snapshot.rows("findings_by_severity", filters.parameters())
    expiring = snapshot.rows("expiry_windows", filters.parameters(day=freshness.as_of.date()))
    return Overview(
        filters=filters,
        rates=rates,
        recent=recent,
        before=before,
        prompts=snapshot.one("prompts_total", filters.parameters()) or {},
        opt_in_over_time=sorted(
            opt_in, key=lambda row: (-row["period"].toordinal(), wording.category_order(row["category"]))
        ),
        prompts_over_time=prompts,
        severities=severities,
        expiring=sorted(expiring, key=lambda row: wording.category_order(row["category"])),
        freshness=freshness,
        opt_in_chart=_opt_in_chart(opt_in, rates, filters),
        prompts_chart=_prompts_chart(prompts, filters),
    )


def sentence(rate: CategoryRates, days: int) -> str:
    """One category's current number and its change, in words."""
    row = rate.recent
    if row is None or not row["shown"]:
        return f"{rate.label}: nobody was prompted in the last {days} days."
    if row["impressions_missing"]:
        return f"{rate.label} has no opt-in rate: prompts are missing for {wording.count(row['choices'])} choices."
    text = f"{rate.label} opt-in is {wording.percent(row['opt_in_rate'])}"
    if rate.thin:
        return f"{text}, of only {wording.plural(row['shown'], 'prompt')}: too few to say much."
    change = rate.change
    if change == wording.ABSENT:
        return f"{text}."
    if change == "±0.0":
        return f"{text}, as in the {days} days before."
    direction = "up" if change.startswith("+") else "down"
    return f"{text}, {direction} {change[1:]} points on the {days} days before."


def _by_category(snapshot: Snapshot, filters: Filters) -> dict[str, Row]:
    return {row["category"]: row for row in snapshot.rows("opt_in_total", filters.parameters())}


def _back(day: date, days: int) -> date:
    return day - timedelta(days=days) if day.toordinal() > days else date.min


def _colours(categories: Sequence[str]) -> dict[str, str]:
    others = [name for name in sorted(categories) if name not in _COLOURS]
    return _COLOURS | {name: _OTHER_COLOURS[n % len(_OTHER_COLOURS)] for n, name in enumerate(others)}


def _opt_in_chart(rows: Sequence[Row], rates: Sequence[CategoryRates], filters: Filters) -> LineChart:
    points = tuple(
        Point(
            row["period"],
            row["category"],
            row["opt_in_rate"],
            f"{wording.label(row['category'])}, {wording.period(row['period'], filters.step)}:"
            f" {wording.percent(row['opt_in_rate'])}"
            f" ({wording.count(row['granted'])} of {wording.plural(row['shown'], 'prompt')})",
        )
        for row in rows
    )
    series = tuple(Series(rate.category, wording.shorten(rate.label, 16), rate.colour) for rate in rates)
    return LineChart("opt-in", "Opt-in rate per category", "percent", filters.step, series, points)


def _prompts_chart(rows: Sequence[Row], filters: Filters) -> LineChart:
    points = tuple(
        Point(
            row["period"],
            series.key,
            row[series.key],
            f"{series.label}, {wording.period(row['period'], filters.step)}: {wording.count(row[series.key])}",
        )
        for row in rows
        for series in _PROMPT_SERIES
    )
    return LineChart("prompts", "Prompts and choices", "count", filters.step, _PROMPT_SERIES, points)
