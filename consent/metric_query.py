"""A metric as one SELECT over the published snapshot: rolled up over any dimension, by sums, never by averages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from consent.errors import ConsentError
from consent.metrics import RELATIONS, Metric
from consent.policy_files import suggestion

GRAINS = ("day", "week", "month")


def select(
    metric: Metric,
    *,
    by: Sequence[str] = (),
    grain: str | None = None,
    where: Mapping[str, str] | None = None,
    start: date | None = None,
    end: date | None = None,
    schema: str = "",
) -> tuple[str, list[Any]]:
    """The statement and its parameters: columns `period` (with a grain), `by`, `numerator`, `denominator`, `value`.

    `start` and `end` are days, both included; a week begins on Monday. Where a relation has categories, rows are
    always split by them, since its prompts or replays are there once for each. `schema` is where the relation is, the
    current one where it is empty. Raises ConsentError that names what is allowed.
    """
    dimensions = RELATIONS[metric.over].dimensions
    wanted = [*by, *(["category"] if "category" in dimensions and "category" not in by else [])]
    for name in (*wanted, *(where or {})):
        if name not in dimensions:
            near = suggestion(name, list(dimensions))
            raise ConsentError(
                f"{metric.name} has no dimension {name!r}{near}; {metric.over} has {', '.join(dimensions)}"
            )
    if grain is not None and grain not in GRAINS:
        raise ConsentError(f"no grain {grain!r}; expected one of {', '.join(GRAINS)}, or None for the whole time")
    groups = [f"cast(date_trunc('{grain}', \"date\") as date) as period"] if grain else []
    groups += [f'"{name}"' for name in wanted]
    conditions, parameters = ["true"], list[Any]()
    for name, value in (where or {}).items():
        conditions.append(f'"{name}" = ?')
        parameters.append(value)
    for comparison, day in ((">=", start), ("<=", end)):
        if day is not None:
            conditions.append(f'"date" {comparison} ?')
            parameters.append(day)
    table = f"{schema}.{metric.over}" if schema else metric.over
    columns = [
        *groups,
        f"{metric.numerator_sql} as numerator",
        f"{metric.denominator_sql} as denominator",
        f"{metric.expression} as value",
    ]
    text = f"select {', '.join(columns)} from {table} where {' and '.join(conditions)}"  # noqa: S608
    places = ", ".join(str(place + 1) for place in range(len(groups)))
    return (f"{text} group by {places} order by {places}" if places else text), parameters
