"""Writing the warehouse anew: what was deleted is gone from the tables, and only a new file is without its bytes.

`COPY FROM DATABASE` into a file beside it, then one rename. A file `rewrite.due` says from the deletion on that this is
still to be done, so that a crash in between is made good by the next purge or erasure.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import duckdb

from consent import changes
from consent.errors import WarehouseError
from consent.warehouse import attach_options, open_warehouse

_TRIES = 20


def mark_due(warehouse: Path) -> None:
    """Note that bytes are to be got rid of, before they are deleted."""
    _marker(warehouse).touch(mode=0o600)


def is_due(warehouse: Path) -> bool:
    """Whether a rewrite was begun and not finished."""
    return _marker(warehouse).exists()


def rewrite(warehouse: Path, *, lock_timeout: float) -> int:
    """Put a copy without the deleted bytes in the place of the file; the bytes it is smaller by (or larger, below 0).

    Nobody writes meanwhile. Killed at any moment, the old file or the new one is there, whole. Raises WarehouseError.
    """
    before = warehouse.stat().st_size
    copy = warehouse.with_name(f"{warehouse.name}.new")
    for attempt in range(_TRIES):
        with open_warehouse(warehouse, lock_timeout=lock_timeout) as connection:
            changes.mark(connection, [])  # its rows get other numbers
            connection.execute("force checkpoint warehouse")
        with contextlib.closing(duckdb.connect()) as connection:
            if _copied(connection, warehouse, copy):
                _marker(warehouse).unlink(missing_ok=True)
                return before - warehouse.stat().st_size
        time.sleep(min(0.05 * 2**attempt, 2))
    raise WarehouseError(f"{warehouse}: others kept writing; it could not be written anew, try again")


def _copied(connection: duckdb.DuckDBPyConnection, warehouse: Path, copy: Path) -> bool:
    """Copy and rename while a shared lock keeps writers out; False where one was there first, or left a log."""
    for left in (copy, copy.with_name(f"{copy.name}.wal")):
        left.unlink(missing_ok=True)
    log = warehouse.with_name(f"{warehouse.name}.wal")
    try:
        connection.execute(f"attach '{_quoted(warehouse)}' as old (read_only)")
    except duckdb.Error:
        return False
    if log.exists():  # it would be taken for the new file's
        return False
    try:
        connection.execute(f"attach '{_quoted(copy)}' as new {attach_options()}")
        connection.execute("copy from database old to new")
        connection.execute("detach new")
        _sync(copy)
        copy.chmod(warehouse.stat().st_mode & 0o777)
        copy.replace(warehouse)
        _sync(warehouse.parent)
    except (duckdb.Error, OSError) as error:
        copy.unlink(missing_ok=True)
        raise WarehouseError(f"{copy}: cannot write: {str(error).partition(chr(10))[0]}") from None
    return True


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _marker(warehouse: Path) -> Path:
    return warehouse.with_name("rewrite.due")


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
