"""Rates that drop: a day's rate far below what its weekday and the weeks before let expect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import numpy as np

from consent.alerts.alert import Alert, episodes, status_of
from consent.alerts.baselines import HISTORY, Expected, Floats, expected_rate, weekday_median
from consent.alerts.drivers import Driver, decompose, strongest
from consent.metric_query import select
from consent.metrics import RELATIONS, Metric

LEAST_PROMPTS = 200  # of the denominator on the day: below, chance alone moves a rate by many points
LEAST_DROP = 0.06  # six points: a smaller drop may be real, and is nothing to be woken for
GRAVE_DROP = 0.10
SPLIT_BY = ("region", "platform", "banner_version", "variant")
_LEFT_OUT = ("necessary",)  # nobody grants it: its rate is the interaction rate again


def rate_drops(
    connection: duckdb.DuckDBPyConnection, metric: Metric, last: date, judged: int, schema: str
) -> Iterator[Alert]:
    """Alerts of the last `judged` days up to `last`, the last day that is over."""
    start = last - timedelta(days=HISTORY + judged - 1)
    for (site, category), (above, below, rates) in _series(connection, metric, start, last, schema).items():
        if category in _LEFT_OUT:
            continue
        bad: dict[date, Expected] = {}
        for place in range(HISTORY, len(rates)):
            if expected := _drop(rates, below, place):
                bad[start + timedelta(days=place)] = expected
        for first, until in episodes(bad):
            place = (first - start).days
            drivers = tuple(_drivers(connection, metric, site, category, first, schema))
            yield _alert(metric, site, category, (first, until), last, bad[first], above, below, place, drivers)


def _drop(rates: Floats, counts: Floats, place: int) -> Expected | None:
    rate = rates[place]
    if np.isnan(rate) or counts[place] < LEAST_PROMPTS:
        return None
    # A cheap look first: most days are nowhere near a drop, and a regression takes milliseconds.
    usual = weekday_median(rates, place)
    if not np.isnan(usual) and rate > usual - LEAST_DROP / 2:
        return None
    expected = expected_rate(rates, counts, place)
    return expected if expected and rate < expected.low and expected.value - rate >= LEAST_DROP else None


def _series(
    connection: duckdb.DuckDBPyConnection, metric: Metric, start: date, last: date, schema: str
) -> dict[tuple[str, str], tuple[Floats, Floats, Floats]]:
    """Numerators, denominators and rates by site and category, a place for each day."""
    text, parameters = select(metric, by=("site",), grain="day", start=start, end=last, schema=schema)
    length = (last - start).days + 1
    found: dict[tuple[str, str], tuple[Floats, Floats, Floats]] = {}
    for period, site, *category, above, below, rate in connection.execute(text, parameters).fetchall():
        empty = (np.zeros(length), np.zeros(length), np.full(length, np.nan))
        series = found.setdefault((site, category[0] if category else ""), empty)
        for values, value in zip(series, (above, below, rate), strict=True):
            values[(period - start).days] = np.nan if value is None else value
    return found


def _drivers(
    connection: duckdb.DuckDBPyConnection, metric: Metric, site: str, category: str, first: date, schema: str
) -> list[Driver]:
    """Against the same weekday of the four weeks before: each has its own kind of visitor on its own day."""
    where = {"site": site} | ({"category": category} if category else {})
    found: list[Driver] = []
    change = 0.0
    for dimension in (name for name in SPLIT_BY if name in RELATIONS[metric.over].dimensions):
        before: dict[str, tuple[float, float]] = {}
        after: dict[str, tuple[float, float]] = {}
        text, parameters = select(
            metric,
            by=(dimension,),
            grain="day",
            where=where,
            start=first - timedelta(days=28),
            end=first,
            schema=schema,
        )
        for period, value, *_, above, below, _rate in connection.execute(text, parameters).fetchall():
            if period == first:
                after[value] = (above or 0, below or 0)
            elif period.weekday() == first.weekday():
                known = before.get(value, (0.0, 0.0))
                before[value] = (known[0] + (above or 0), known[1] + (below or 0))
        drivers = decompose(dimension, before, after)
        change = sum(driver.effect for driver in drivers) or change
        found += drivers
    return strongest(found, change)


def _alert(
    metric: Metric,
    site: str,
    category: str,
    run: tuple[date, date],
    last: date,
    expected: Expected,
    above: Floats,
    below: Floats,
    place: int,
    drivers: tuple[Driver, ...],
) -> Alert:
    value, count = float(above[place] / below[place]), int(below[place])
    return Alert(
        kind="rate_drop",
        severity="high" if expected.value - value >= GRAVE_DROP else "medium",
        site=site,
        metric=metric.name,
        category=category,
        value=value,
        expected=expected.value,
        expected_low=expected.low,
        expected_high=expected.high,
        prompts=count,
        drivers=drivers,
        first_seen=run[0],
        last_seen=run[1],
        status=status_of(run[1], last),
        title=metric.title,
    )
