"""Publishing: every mart into a new small file, then one rename.

Where only parts were rebuilt, the new file begins as a copy of the one before, and the same parts are replaced in it:
most of its bytes are of people who did nothing since. What an erasure or a purge removes must not stay in a file as
bytes that are merely free, so after one every mart is written anew; as after a while, when such bytes have piled up.
"""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from consent.changes import in_parts, is_marked_day
from consent.models import Statement, statements
from consent.parts import rebuilt, replaced
from consent.settings import Settings
from consent.warehouse import STORAGE_VERSION, swap_link

_KEPT = 3
# One finding's page is asked for by these: without an index DuckDB reads all of them.
_LOOKED_UP = {"findings": "finding_id", "finding_history": "finding_id"}
_MOST = 2.0  # a file that has grown to more than this, of what it was when written whole, is written whole again


@dataclass(frozen=True)
class Published:
    """What was written: the file, its relations, its bytes."""

    path: Path
    relations: int
    size: int


def publish(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Published:
    """Bring the marts into a snapshot file and make it the current one. Readers of the old file keep it."""
    now = datetime.now(UTC).replace(tzinfo=None)
    folder = settings.home / "snapshots"
    folder.mkdir(exist_ok=True)
    path = folder / f"{now:%Y%m%dT%H%M%S%f}.duckdb"
    unfinished = path.with_suffix(".unfinished")
    marts = statements("marts")
    before = _to_go_on_from(connection, settings)
    if before:
        shutil.copyfile(before, unfinished)
    quoted = str(unfinished).replace("'", "''")
    connection.execute(f"attach '{quoted}' as snapshot (storage_version '{STORAGE_VERSION}')")
    try:
        for mart in marts:
            _copy(connection, mart, replaced(connection, mart) if before and mart.incremental else None)
        connection.execute("alter table snapshot.main.meta add column published_at timestamp")
        connection.execute("alter table snapshot.main.meta add column product_version varchar")
        connection.execute(
            "update snapshot.main.meta set published_at = ?, product_version = ?", [now, version("consent-analytics")]
        )
    finally:
        connection.execute("detach snapshot")
    unfinished.rename(path)
    swap_link(settings.snapshot, path)
    size = path.stat().st_size
    if before:
        connection.execute("update changed.published set name = ?", [path.name])
    else:
        connection.execute("delete from changed.published")
        connection.execute("insert into changed.published values (?, ?)", [path.name, size])
    _forget_old(folder)
    return Published(path, len(marts), size)


def _to_go_on_from(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Path | None:
    """The snapshot that the parts which were rebuilt are to be replaced in; None: none will do."""
    last = connection.execute("select name, whole_bytes from changed.published").fetchall()
    path = settings.snapshot.resolve()
    if not last or path.name != last[0][0] or not path.exists() or not in_parts(connection):
        return None
    if is_marked_day(connection) != "false" or path.stat().st_size > _MOST * last[0][1]:
        return None
    return path


def _copy(connection: duckdb.DuckDBPyConnection, mart: Statement, stale: str | None) -> None:
    """What replaces the stale rows of a mart (None: all), in the order of its grain."""
    order, table = ", ".join(f'"{column}"' for column in mart.grain), f"snapshot.main.{mart.name}"
    if stale is None:
        connection.execute(f"create or replace table {table} as select * from {mart.relation} order by {order}")  # noqa: S608
        if column := _LOOKED_UP.get(mart.name):
            connection.execute(f"create index {mart.name}_by_{column} on {table} ({column})")
    else:
        connection.execute(f"delete from {table} where {stale}")  # noqa: S608
        connection.execute(f"insert into {table} by name select * from {rebuilt(connection, mart)} order by {order}")  # noqa: S608


def _forget_old(folder: Path) -> None:
    for old in sorted(folder.glob("*.duckdb"))[:-_KEPT]:
        with contextlib.suppress(OSError):  # a reader that has it open keeps it
            old.unlink()
