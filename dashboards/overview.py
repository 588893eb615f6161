"""The overview: rates, prompts, findings and expiry of one view, as the page and the report both show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dashboards import charts, labels, wilson, wording
from dashboards import filters as fields
from dashboards.charts import LineChart, Point, Series
from dashboards.filters import Filters
from dashboards.i18n import gettext as _
from dashboards.page import Asked, Built, Page
from dashboards.queries import Freshness, Row, Snapshot
from dashboards.wilson import THIN

RECENT = 7  # days that count as "now"

_PROMPT_SERIES = {
    "shown": charts.GREY,
    "choices": charts.BLUE,
    "accept_all": charts.VERMILLION,
    "reject_all": charts.PURPLE,
    "save": charts.GREEN,
}


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
        return labels.label(self.category)

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """The 95% interval of the latest opt-in rate."""
        if self.recent is None or self.recent["impressions_missing"]:
            return None, None
        return wilson.interval(self.recent["granted"], self.recent["shown"])

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
        return sentence(self.rates[0], self.recent_days) if self.rates else _("Nobody was prompted in these days.")


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
    colours = charts.category_colours([row["category"] for row in whole])
    rates = tuple(
        CategoryRates(name, colours[name], latest.get(name), earlier.get(name), row)
        for row in sorted(whole, key=lambda row: labels.category_order(row["category"]))
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
            opt_in, key=lambda row: (-row["period"].toordinal(), labels.category_order(row["category"]))
        ),
        prompts_over_time=prompts,
        severities=severities,
        expiring=sorted(expiring, key=lambda row: labels.category_order(row["category"])),
        freshness=freshness,
        opt_in_chart=_opt_in_chart(opt_in, rates, filters),
        prompts_chart=_prompts_chart(prompts, filters),
    )


def sentence(rate: CategoryRates, days: int) -> str:
    """One category's current number and its change, in words."""
    row = rate.recent
    if row is None or not row["shown"]:
        return _("%(category)s: nobody was prompted in the last %(days)s days.", category=rate.label, days=days)
    if row["impressions_missing"]:
        return _(
            "%(category)s has no opt-in rate: prompts are missing for %(choices)s choices.",
            category=rate.label,
            choices=wording.count(row["choices"]),
        )
    said = {"category": rate.label, "rate": wording.percent(row["opt_in_rate"]), "days": days}
    if rate.thin:
        prompts = wording.plural(row["shown"], "prompt")
        return _("%(category)s opt-in is %(rate)s, of only %(prompts)s: too few to say much.", prompts=prompts, **said)
    change = rate.change
    if change == wording.ABSENT:
        return _("%(category)s opt-in is %(rate)s.", **said)
    said["change"] = change[1:]
    text = {
        "±": _("%(category)s opt-in is %(rate)s, as in the %(days)s days before.", **said),
        "+": _("%(category)s opt-in is %(rate)s, up %(change)s points on the %(days)s days before.", **said),
        "−": _("%(category)s opt-in is %(rate)s, down %(change)s points on the %(days)s days before.", **said),
    }
    return text[change[0]]


def _by_category(snapshot: Snapshot, filters: Filters) -> dict[str, Row]:
    return {row["category"]: row for row in snapshot.rows("opt_in_total", filters.parameters())}


def _back(day: date, days: int) -> date:
    return day - timedelta(days=days) if day.toordinal() > days else date.min


def _opt_in_chart(rows: Sequence[Row], rates: Sequence[CategoryRates], filters: Filters) -> LineChart:
    points = tuple(opt_in_point(row, filters.step) for row in rows)
    series = tuple(Series(rate.category, wording.shorten(rate.label, 16), rate.colour) for rate in rates)
    return LineChart("opt-in", _("Opt-in rate per category"), "percent", filters.step, series, points)


def opt_in_point(row: Row, step: str) -> Point:
    """The mark of one period and category."""
    low, high = (None, None) if row["impressions_missing"] else wilson.interval(row["granted"], row["shown"])
    says = _(
        "%(category)s, %(period)s: %(rate)s (%(granted)s of %(prompts)s)",
        category=labels.label(row["category"]),
        period=wording.period(row["period"], step),
        rate=wording.percent(row["opt_in_rate"]),
        granted=wording.count(row["granted"]),
        prompts=wording.plural(row["shown"], "prompt"),
    )
    return Point(row["period"], row["category"], row["opt_in_rate"], says, low, high, thin=row["shown"] < THIN)


def _prompts_chart(rows: Sequence[Row], filters: Filters) -> LineChart:
    series = tuple(Series(key, labels.label(key), colour) for key, colour in _PROMPT_SERIES.items())
    points = tuple(
        Point(
            row["period"],
            one.key,
            row[one.key],
            f"{one.label}, {wording.period(row['period'], filters.step)}: {wording.count(row[one.key])}",
        )
        for row in rows
        for one in series
    )
    return LineChart("prompts", _("Prompts and choices"), "count", filters.step, series, points)


def _build(asked: Asked) -> Built:
    view = overview(asked.snapshot, asked.filters)
    return Built({"view": view}, {chart.name: chart for chart in (view.opt_in_chart, view.prompts_chart)})


PAGE = Page("overview", "/", fields.PROMPTS, _build)
