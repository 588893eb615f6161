"""The published snapshot for analysts: a read-only connection, and pandas frames with documented columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import duckdb

from consent import warehouse
from consent.errors import ConsentError
from consent.metric_query import select
from consent.metrics import RELATIONS, Metrics
from consent.models import SQL
from consent.policy_files import read, suggestion
from consent.settings import Settings

if TYPE_CHECKING:
    import pandas as pd


def open_snapshot(home: Path | str | None = None) -> Snapshot:
    """The newest snapshot under a home (default: `CONSENT_HOME`, else `.consent`), read-only; times are UTC.

    A refresh meanwhile changes nothing here: open again to see it. Raises SnapshotMissing before the first refresh.
    """
    settings = Settings.load(home=Path(home) if home else None)
    return Snapshot(warehouse.open_snapshot(settings.snapshot), Metrics.load(settings.policies))


class Snapshot:
    """One published state; `connection` is DuckDB's own, for SQL over the relations by their names."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, metrics: Metrics) -> None:
        self.connection = connection
        self.metrics = metrics

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()

    @property
    def as_of(self) -> datetime:
        """Up to when it counts what had been received, UTC."""
        moment: datetime = self.connection.execute("select as_of from meta").fetchall()[0][0]
        return moment

    @property
    def relations(self) -> list[str]:
        """The names of what can be read."""
        rows = self.connection.execute("select table_name from duckdb_tables() order by table_name").fetchall()
        return [row[0] for row in rows]

    def columns(self, relation: str) -> pd.DataFrame:
        """The columns of a relation in order: name, type, description. Raises ConsentError if it is not there."""
        self._check(relation)
        described = self.connection.execute(f'describe "{relation}"').df()[["column_name", "column_type"]]
        described.columns = ["name", "type"]
        described["description"] = [description(relation, name) for name in described["name"]]
        return described

    def frame(self, relation: str, *, where: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """All rows of a relation, or those with these values in these columns, in the order of its grain.

        Raises ConsentError that names what there is, for a relation or a column that is not.
        """
        self._check(relation)
        known = [row[0] for row in self.connection.execute(f'describe "{relation}"').fetchall()]
        for name in where or {}:
            if name not in known:
                near = suggestion(name, known)
                raise ConsentError(f"{relation} has no column {name!r}{near}; expected one of {', '.join(known)}")
        conditions = " and ".join(f'"{name}" = ?' for name in where or {}) or "true"
        rows = self.connection.execute(
            f'select * from "{relation}" where {conditions}',  # noqa: S608
            list((where or {}).values()),
        )
        return rows.df()

    def metric(
        self,
        name: str,
        *,
        by: Sequence[str] = (),
        grain: str | None = None,
        where: Mapping[str, str] | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> pd.DataFrame:
        """A metric of the registry, by dimensions and per day, week or month (None: over the whole time).

        Columns: `period` (with a grain), `by`, `numerator`, `denominator`, and the metric under its own name; sums over
        sums, null where the metric is. `where` takes values of dimensions; `start` and `end` are days, both included.
        A metric that has categories is always split by them. Raises ConsentError that names what is allowed.
        """
        metric = self.metrics[name]
        self._check(metric.over)
        text, parameters = select(metric, by=by, grain=grain, where=where, start=start, end=end)
        return self.connection.execute(text, parameters).df().rename(columns={"value": name})

    def dimensions(self, name: str) -> tuple[str, ...]:
        """What a metric can be split by and narrowed to."""
        return RELATIONS[self.metrics[name].over].dimensions

    def _check(self, relation: str) -> None:
        known = self.relations
        if relation not in known:
            near = suggestion(relation, known)
            raise ConsentError(f"no relation {relation!r}{near}; expected one of {', '.join(known)}")


def description(relation: str, column: str) -> str:
    """What a column means, from `sql/columns.yaml`; empty where nothing is written about it."""
    texts = _descriptions()
    return texts.get(f"{relation}.{column}", texts.get(column, ""))


@lru_cache
def _descriptions() -> dict[str, str]:
    values = read(SQL / "columns.yaml").values
    return {str(name): str(text) for name, text in values.items()}
