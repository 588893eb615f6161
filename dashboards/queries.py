"""The published snapshot, and the questions asked of it: one SELECT per file in `sql/reports/`.

Statements take `$name` parameters for values only. A parameter that is None filters nothing.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from consent.errors import WarehouseError
from consent.models import statement
from consent.warehouse import open_snapshot
from dashboards.kept import Kept

Row = dict[str, Any]

_PARAMETER = re.compile(r"\$([a-z_]+)")
_FETCH = 5_000  # rows held at a time while a download is written
_MEMORY = "512MB"  # of the snapshot, at most, in memory
_SMALL = 1_000  # answers of at most so many rows are kept, for the next page that asks the same

_answers: Kept[tuple[str, str, str], list[Row]] = Kept(most=200)


@dataclass(frozen=True)
class Freshness:
    """What the snapshot holds and up to when; all times UTC."""

    as_of: datetime
    published_at: datetime
    newest_event: datetime | None
    newest_received: datetime | None
    events: int
    schema_version: str
    product_version: str
    first_day: date | None
    last_day: date | None

    @property
    def day(self) -> date:
        """The last day that the snapshot can hold anything of: an as-of at midnight ends the day before."""
        return (self.as_of - timedelta(microseconds=1)).date()

    @property
    def day_is_partial(self) -> bool:
        """Whether `day` had not ended at the as-of time."""
        return self.as_of < datetime.combine(self.day + timedelta(days=1), datetime.min.time())


class Snapshot:
    """One read-only connection to the newest published snapshot, for one request.

    Opened anew each time, so that a snapshot published meanwhile is what the next request sees. What DuckDB has read
    of the file is shared by all who have it open.
    Raises SnapshotMissing before the first refresh, WarehouseError where the file is not one of ours.
    """

    def __init__(self, link: Path) -> None:
        self.identity = identity_of(link)
        self._connection = _opened(self.identity, link).cursor()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def rows(self, name: str, parameters: Mapping[str, Any] | None = None) -> list[Row]:
        """All rows of `sql/reports/<name>.sql`; parameters that the statement does not name are left out."""
        text = statement(f"reports.{name}").text
        wanted = {key: (parameters or {}).get(key) for key in _parameters(text)}
        return self.select(text, wanted, name)

    def one(self, name: str, parameters: Mapping[str, Any] | None = None) -> Row | None:
        """The first row, or None."""
        return next(iter(self.rows(name, parameters)), None)

    def select(self, text: str, values: Mapping[str, Any] | Sequence[Any], name: str = "this") -> list[Row]:
        """All rows of a statement that is not in a file of its own: one made from the metrics' formulas.

        Rows are shared between all who ask the same of the same snapshot: they must not be changed.
        """
        key = (self.identity, text, repr(sorted(values.items()) if isinstance(values, Mapping) else values))
        if (found := _answers.get(key)) is not None:
            return found
        columns, tuples = self._run(text, values, name)
        rows = [dict(zip(columns, row, strict=True)) for row in tuples]
        return _answers.put(key, rows) if len(rows) <= _SMALL else rows

    def holds(self, relation: str) -> bool:
        """Whether the snapshot has that relation: an older one may not."""
        found = self.select("select table_name from duckdb_tables()", {})
        return any(row["table_name"] == relation for row in found)

    def stream(
        self, name: str, parameters: Mapping[str, Any] | None = None
    ) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
        """The columns, and the rows as they are fetched; whatever is wrong is raised before the first row."""
        text = statement(f"reports.{name}").text
        return self._run(text, {key: (parameters or {}).get(key) for key in _parameters(text)}, name)

    def _run(
        self, text: str, values: Mapping[str, Any] | Sequence[Any], name: str
    ) -> tuple[list[str], Iterator[tuple[Any, ...]]]:
        try:
            # A cursor of its own: the next statement on the connection would end a stream half read.
            cursor = self._connection.cursor().execute(text, values or None)
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            problem = str(error).strip().partition("\n")[0]
            raise WarehouseError(
                f"the snapshot does not hold what {name} reads; run `consent refresh` ({problem})"
            ) from None
        columns = [column[0] for column in cursor.description or ()]
        return columns, _fetch(cursor)

    def freshness(self) -> Freshness:
        """As-of and what else `meta` tells."""
        row = self.one("freshness")
        if row is None:
            raise WarehouseError("the snapshot does not say its as-of time; run `consent refresh`")
        return Freshness(**{**row, "schema_version": str(row["schema_version"])})

    def choices(self) -> dict[str, Sequence[str]]:
        """The values each filter can take, sorted; the empty string stands for rows without one."""
        values: dict[str, list[str]] = {}
        for row in self.rows("filter_values"):
            values.setdefault(row["filter"], []).append(row["value"])
        return dict(values)


_newest: tuple[str, duckdb.DuckDBPyConnection] | None = None
_turn = threading.Lock()


def _opened(identity: str, link: Path) -> duckdb.DuckDBPyConnection:
    """The file behind the link, kept open until there is a newer one; whoever still reads the old one can go on."""
    global _newest  # noqa: PLW0603
    with _turn:
        if _newest is None or _newest[0] != f"{link}:{identity}":
            connection = open_snapshot(link)
            connection.execute(f"set memory_limit = '{_MEMORY}'")
            _newest = (f"{link}:{identity}", connection)
        return _newest[1]


@lru_cache
def _parameters(text: str) -> frozenset[str]:
    return frozenset(_PARAMETER.findall(re.sub(r"--[^\n]*", "", text)))


def _fetch(cursor: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    while rows := cursor.fetchmany(_FETCH):
        yield from rows


def identity_of(link: Path) -> str:
    """A name for the very file behind the link now: what is made from it is kept under that name."""
    try:
        status = link.stat()
    except OSError:
        return "none"  # opening it says what is wrong
    return f"{status.st_dev}:{status.st_ino}:{status.st_mtime_ns}"
