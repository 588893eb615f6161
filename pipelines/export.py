"""Exporting published relations as CSV, JSON or Parquet."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

import duckdb

from consent.errors import ConsentError
from consent.models import statement, statements
from consent.settings import Settings
from consent.warehouse import open_snapshot

_OPTIONS = {"csv": "format csv, header", "json": "format json", "parquet": "format parquet"}


def export(settings: Settings, relation: str, output: str, file: Path | None) -> None:
    """Write `relation` to `file`, or to standard output. Raises ConsentError for a name that is not published."""
    published = [mart.name for mart in statements("marts")]
    if relation not in published:
        raise ConsentError(f"no relation {relation!r}; expected one of {', '.join(published)}")
    with contextlib.closing(open_snapshot(settings.snapshot)) as connection:
        if file:
            _copy(connection, relation, output, file)
            return
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / relation
            _copy(connection, relation, output, path)
            sys.stdout.buffer.write(path.read_bytes())
            sys.stdout.flush()


def export_all(settings: Settings, output: str, folder: Path) -> list[Path]:
    """Write every relation of the snapshot into a folder, as `<relation>.<format>`; returns the files."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConsentError(f"{folder}: cannot make the folder: {error.strerror}") from None
    with contextlib.closing(open_snapshot(settings.snapshot)) as connection:
        names = connection.execute("select table_name from duckdb_tables() order by table_name").fetchall()
        files = [folder / f"{name}.{output}" for (name,) in names]
        for file in files:
            _copy(connection, file.stem, output, file)
    return files


def _copy(connection: duckdb.DuckDBPyConnection, relation: str, output: str, file: Path) -> None:
    quoted = str(file).replace("'", "''")
    grain = ", ".join(f'"{column}"' for column in statement(f"marts.{relation}").grain)
    try:
        connection.execute(f"copy (select * from {relation} order by {grain}) to '{quoted}' ({_OPTIONS[output]})")  # noqa: S608
    except duckdb.CatalogException:
        raise ConsentError(f"the snapshot does not hold {relation} yet; run `consent refresh`") from None
    except duckdb.IOException:
        raise ConsentError(f"{file}: cannot write there") from None
