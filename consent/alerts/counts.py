"""Data that drops: prompts that vanish, a part of a site that falls silent, counts that cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import numpy as np

from consent.alerts.alert import Alert, episodes, status_of
from consent.alerts.baselines import HISTORY, Floats, weekday_median
from consent.alerts.drivers import Driver, change_of_counts, strongest

LEAST_EXPECTED = 100  # prompts a day: fewer may stay away by chance
GONE = 0.10  # of what the weekday brings: a holiday keeps a third, a broken tag nothing
SILENT = 0.02
STANDING = 0.5  # of its own prompts, for a site to be there while a part of it is not
LEAST_CHOICES = 50
LEAST_ASKED = 100
SEGMENTS = ("platform", "region")
Series = dict[str, Floats]


def vanished_and_silent(connection: duckdb.DuckDBPyConnection, last: date, judged: int, schema: str) -> Iterator[Alert]:
    """Sites whose prompts are gone, and platforms or regions that are, while the rest of the site is there."""
    start = last - timedelta(days=HISTORY + judged - 1)
    sites = _shown(connection, "''", start, last, schema)
    segments = {name: _shown(connection, f'"{name}"', start, last, schema) for name in SEGMENTS}
    for site, whole in sites.items():
        total = whole[""]
        usual = np.array([weekday_median(total, place) for place in range(len(total))])
        yield from _vanished(site, total, usual, {name: segments[name][site] for name in SEGMENTS}, start, last)
        standing = total >= STANDING * np.nan_to_num(usual, nan=np.inf)
        for name in SEGMENTS:
            for segment, shown in segments[name][site].items():
                yield from _silent(site, (name, segment), shown, standing, start, last)


def _vanished(
    site: str, total: Floats, usual: Floats, parts: dict[str, Series], start: date, last: date
) -> Iterator[Alert]:
    bad = [
        start + timedelta(days=place)
        for place in range(HISTORY, len(total))
        if usual[place] >= LEAST_EXPECTED and total[place] <= GONE * usual[place]
    ]
    for first, until in episodes(bad):
        place = (first - start).days
        shown, expected = int(total[place]), float(usual[place])
        drivers: list[Driver] = []
        for name, series in parts.items():
            before = {value: float(np.nan_to_num(weekday_median(one, place))) for value, one in series.items()}
            drivers += change_of_counts(name, before, {value: float(one[place]) for value, one in series.items()})
        yield Alert(
            kind="impressions_vanished",
            severity="high",
            site=site,
            metric="shown",
            category="",
            value=shown,
            expected=expected,
            expected_low=GONE * expected,
            expected_high=None,
            prompts=shown,
            drivers=tuple(strongest(drivers, shown - expected)),
            first_seen=first,
            last_seen=until,
            status=status_of(until, last),
        )


def _silent(
    site: str, segment: tuple[str, str], shown: Floats, standing: Floats, start: date, last: date
) -> Iterator[Alert]:
    usual = {place: weekday_median(shown, place) for place in range(HISTORY, len(shown))}
    bad = [
        start + timedelta(days=place)
        for place, expected in usual.items()
        if expected >= LEAST_EXPECTED and shown[place] <= SILENT * expected and standing[place]
    ]
    for first, until in episodes(bad):
        place = (first - start).days
        count, expected = int(shown[place]), float(usual[place])
        yield Alert(
            kind="segment_silent",
            severity="medium",
            site=site,
            metric="shown",
            category="",
            value=count,
            expected=expected,
            expected_low=SILENT * expected,
            expected_high=None,
            prompts=count,
            drivers=(Driver(*segment, 0.0, count - expected),),
            first_seen=first,
            last_seen=until,
            status=status_of(until, last),
            dimension=segment[0],
            segment=segment[1],
        )


def choices_exceed_impressions(connection: duckdb.DuckDBPyConnection, last: date, schema: str) -> Iterator[Alert]:
    """Days on which a site has more choices than prompts: prompts are missing, and its rates with them."""
    rows = connection.execute(
        f"select site, date, sum(shown)::bigint, sum(choices)::bigint from {schema}.prompts_daily where date <= ? "  # noqa: S608
        f"group by all having sum(choices) > sum(shown) and sum(choices) >= {LEAST_CHOICES} order by all",
        [last],
    ).fetchall()
    for site in sorted({row[0] for row in rows}):
        days = {row[1]: row[2:] for row in rows if row[0] == site}
        for first, until in episodes(days):
            shown, choices = days[first]
            yield Alert(
                kind="choices_exceed_impressions",
                severity="medium",
                site=site,
                metric="choices",
                category="",
                value=choices,
                expected=None,
                expected_low=0.0,
                expected_high=shown,
                prompts=shown,
                drivers=(),
                first_seen=first,
                last_seen=until,
                status=status_of(until, last),
            )


def category_always_true(connection: duckdb.DuckDBPyConnection, last: date, schema: str) -> Iterator[Alert]:
    """Days on which everyone who chose granted what can be refused: a box is ticked, or the field is wrong."""
    rows = connection.execute(
        f"select site, category, date, sum(shown)::bigint from {schema}.opt_in_daily "  # noqa: S608
        "where date <= ? and category <> 'necessary' "
        f"group by all having sum(granted) = sum(asked) and sum(asked) >= {LEAST_ASKED} order by all",
        [last],
    ).fetchall()
    for site, category in sorted({row[:2] for row in rows}):
        days = {row[2]: row[3] for row in rows if row[:2] == (site, category)}
        for first, until in episodes(days):
            shown = days[first]
            yield Alert(
                kind="category_always_true",
                severity="high",
                site=site,
                metric="consent_rate",
                category=category,
                value=1.0,
                expected=None,
                expected_low=None,
                expected_high=None,
                prompts=shown,
                drivers=(),
                first_seen=first,
                last_seen=until,
                status=status_of(until, last),
            )


def _shown(
    connection: duckdb.DuckDBPyConnection, segment: str, start: date, last: date, schema: str
) -> dict[str, Series]:
    """Prompts by site and segment, a place for each day: zero where there are none, nan before the first."""
    rows = connection.execute(
        f"select site, {segment}, date, sum(shown)::bigint from {schema}.prompts_daily "  # noqa: S608
        "where date between ? and ? group by all order by all",
        [start, last],
    ).fetchall()
    length = (last - start).days + 1
    found: dict[str, Series] = {}
    for site, value, period, shown in rows:
        series = found.setdefault(site, {})
        place = (period - start).days
        if value not in series:
            series[value] = np.concatenate([np.full(place, np.nan), np.zeros(length - place)])
        series[value][place] = shown
    return found
