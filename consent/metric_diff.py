"""What a changed definition does to history, before it is adopted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from consent.metric_query import select
from consent.metrics import Metric, Metrics

Place = tuple[Any, ...]


@dataclass(frozen=True)
class Compared:
    """A metric on one day and site (and category, else empty) under both definitions; None where it is null."""

    metric: str
    day: date
    site: str
    category: str
    old: float | None
    new: float | None

    @property
    def change(self) -> float | None:
        """New less old."""
        return None if self.old is None or self.new is None else self.new - self.old


@dataclass(frozen=True)
class Difference:
    """Two registries: the names only one has, and what changed between the rest."""

    added: list[str]
    removed: list[str]
    changed: list[tuple[Metric, Metric]]
    reworded: list[str]


def difference(old: Metrics, new: Metrics) -> Difference:
    """Compare definitions; a metric whose numbers cannot change is at most reworded."""
    both = [(old[name], new[name]) for name in old.metrics if name in new.metrics]
    changed = [(before, after) for before, after in both if _computation(before) != _computation(after)]
    moved = {before.name for before, _ in changed}
    return Difference(
        [name for name in new.metrics if name not in old.metrics],
        [name for name in old.metrics if name not in new.metrics],
        changed,
        [before.name for before, after in both if before.name not in moved and _words(before) != _words(after)],
    )


def replay(
    connection: duckdb.DuckDBPyConnection, before: Metric, after: Metric, *, grain: str = "day", site: str | None = None
) -> Iterator[Compared]:
    """Both definitions over the snapshot's whole history, by period, site and category, in that order."""
    where = {"site": site} if site else None
    old, new = (_values(connection, metric, grain, where) for metric in (before, after))
    for day, at, category in sorted(old.keys() | new.keys()):
        place = (day, at, category)
        yield Compared(before.name, day, at, category, old.get(place), new.get(place))


def _values(
    connection: duckdb.DuckDBPyConnection, metric: Metric, grain: str, where: dict[str, str] | None
) -> dict[Place, float | None]:
    text, parameters = select(metric, by=("site",), grain=grain, where=where)
    rows = connection.execute(text, parameters).fetchall()
    has_category = len(rows[0]) == 6 if rows else False
    return {(row[0], row[1], row[2] if has_category else ""): row[-1] for row in rows}


def _computation(metric: Metric) -> tuple[str, str]:
    return metric.over, metric.expression


def _words(metric: Metric) -> tuple[str, ...]:
    return metric.title, metric.description, metric.unit, metric.excludes, metric.source, *metric.presets
