"""Traces: where under a home a text still is. It is how an erasure checks itself.

A database compresses what it stores, so its tables are searched as tables; every file is searched as bytes as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb

_CHUNK = 4 * 1024 * 1024


def in_tables(connection: duckdb.DuckDBPyConnection, text: str) -> list[str]:
    """`schema.table.column` wherever a value of the current database contains the text."""
    tables: dict[str, list[str]] = {}
    for table, column in connection.execute(
        "select schema_name || '.' || table_name, column_name from duckdb_columns() "
        "where database_name = current_database() and not internal "
        "and regexp_matches(data_type, 'VARCHAR|JSON|BLOB') order by 1, column_index"
    ).fetchall():
        tables.setdefault(table, []).append(column)
    found = []
    for table, columns in tables.items():
        tested = ", ".join(f'count(*) filter (where contains("{column}"::varchar, $text))' for column in columns)
        [counts] = connection.execute(f"select {tested} from {table}", {"text": text}).fetchall()  # noqa: S608
        found += [f"{table}.{column}" for column, count in zip(columns, counts, strict=True) if count]
    return found


def in_files(folder: Path, text: bytes) -> list[Path]:
    """Every file under the folder, links not followed, whose bytes contain the text."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink() and _in(path, text)]


def _in(path: Path, text: bytes) -> bool:
    tail = b""
    for chunk in _chunks(path):
        if text in tail + chunk:
            return True
        tail = chunk[-len(text) :]
    return False


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except FileNotFoundError:  # gone since it was listed
        return
