"""The one DuckDB file, and the published snapshot of it.

A process that holds the file open for writing shuts every other process out, so nobody keeps it longer than a batch or
a step takes, unless nobody else waits for it (consent/turn.py). Whoever waits says so in a file beside it. Readers use
the snapshot: files that are never written again, behind a link that is swapped by rename, so a reader keeps the file it
has opened and the next one opens the new.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
from tenacity import RetryCallState, RetryError, Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from consent.errors import SnapshotMissing, WarehouseError, WarehouseLocked
from consent.tables import SCHEMAS, TABLES

log = logging.getLogger(__name__)

# DuckDB 2 halves the bytes of an event, in files that say they need it.
STORAGE_VERSION = "latest"
# Rows that DuckDB compresses and keeps together; a third of its default, as ingest holds a few times as many. A batch
# is more than one and a half: less would be put together with its neighbours in a checkpoint, and written twice.
ROW_GROUP = 40_960

_TELL_SECONDS = 5.0
_RETRY_SECONDS = 0.25  # between two attempts at most


def in_utc(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The same connection, its session in UTC, as every statement of ours expects."""
    connection.execute("set TimeZone = 'UTC'")
    return connection


def bounded(connection: duckdb.DuckDBPyConnection, memory: str, path: Path) -> duckdb.DuckDBPyConnection:
    """The same connection, before its first work: what does not fit into so much memory is put beside the warehouse.

    DuckDB removes those files when it closes, and those of a process that was killed when the next one spills.
    """
    spill = str(path.parent / "spill").replace("'", "''")
    connection.execute(f"set memory_limit = '{memory}'")
    connection.execute(f"set temp_directory = '{spill}'")
    return connection


def create_schema(connection: duckdb.DuckDBPyConnection) -> None:
    """Create what is not there yet: schemas, and the tables that no model makes."""
    there = dict(
        connection.execute(
            "select schema_name || '.' || table_name, column_count from duckdb_tables()"
            " where database_name = current_database()"
        ).fetchall()
    )
    for table in TABLES.keys() & there.keys():
        if there[table] < len(TABLES[table]):  # an earlier version made it
            for name, sql_type in TABLES[table]:
                connection.execute(f'alter table {table} add column if not exists "{name}" {sql_type}')
    if missing := TABLES.keys() - there.keys():
        for schema in SCHEMAS:
            connection.execute(f"create schema if not exists {schema}")
        for table in sorted(missing):
            create_table(connection, table)


def create_table(connection: duckdb.DuckDBPyConnection, table: str, *, anew: bool = False) -> None:
    """One of TABLES, where it is not there yet; `anew`: empty, whatever was there."""
    listed = ", ".join(f'"{name}" {sql_type}' for name, sql_type in TABLES[table])
    how = "create or replace table" if anew else "create table if not exists"
    connection.execute(f"{how} {table} ({listed})")


@contextlib.contextmanager
def open_warehouse(path: Path, *, lock_timeout: float = 120.0) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection of its own to the live file, as `attached` gives it."""
    with (
        contextlib.closing(in_utc(duckdb.connect())) as connection,
        attached(connection, path, lock_timeout=lock_timeout),
    ):
        yield connection


@contextlib.contextmanager
def open_existing(path: Path, *, lock_timeout: float = 120.0) -> Iterator[duckdb.DuckDBPyConnection]:
    """As `open_warehouse`, for commands that only make sense where something has landed: it makes no new file."""
    if not path.exists():
        raise WarehouseError(
            f"{path}: nothing has been ingested there; run `consent ingest`, or name the folder with --home"
        )
    with open_warehouse(path, lock_timeout=lock_timeout) as connection:
        yield connection


@contextlib.contextmanager
def attached(connection: duckdb.DuckDBPyConnection, path: Path, *, lock_timeout: float = 120.0) -> Iterator[None]:
    """Make the live file the default database of `connection`, its schema in place; let go of it on the way out.

    Waits up to `lock_timeout` seconds for another process to let go of it. Raises WarehouseLocked after that,
    and WarehouseError where the file cannot be used: the folder is not writable, a newer DuckDB wrote it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WarehouseError(f"{path.parent}: cannot make the folder: {error.strerror}") from None
    _attach(connection, path, lock_timeout)
    try:
        connection.execute("use warehouse")
        create_schema(connection)
        yield
    except duckdb.FatalException as error:  # a full disk in the middle of a commit, say
        raise WarehouseError(f"{path}: {_first_line(error)}") from None
    finally:
        connection.execute("use memory")
        connection.execute("detach warehouse")


def attach_options() -> str:
    """How whoever writes the live file, or one that takes its place, attaches it."""
    return f"(storage_version '{STORAGE_VERSION}', row_group_size {ROW_GROUP})"


def _attach(connection: duckdb.DuckDBPyConnection, path: Path, lock_timeout: float) -> None:
    turns = Retrying(
        retry=retry_if_exception(_is_locked),
        wait=wait_random_exponential(multiplier=0.01, max=_RETRY_SECONDS),
        stop=stop_after_delay(lock_timeout),
        before_sleep=lambda state: _say_so(state, path),
    )
    quoted = str(path).replace("'", "''")
    try:
        turns(connection.execute, f"attach '{quoted}' as warehouse {attach_options()}")
    except RetryError:
        raise WarehouseLocked(f"{path}: another process has been writing for over {lock_timeout:g} s") from None
    except duckdb.Error as error:
        raise WarehouseError(f"{path}: {_explain(error, path)}") from None
    finally:
        if turns.statistics.get("attempt_number", 1) > 1:
            with contextlib.suppress(OSError):
                _waiting(path).unlink()


def is_awaited(path: Path) -> bool:
    """Whether somebody waits for the live file, as `_attach` says between its attempts."""
    try:
        return time.time() - _waiting(path).stat().st_mtime < 2 * _RETRY_SECONDS
    except OSError:
        return False


def hand_over(path: Path) -> None:
    """Give who waits for the live file the time to take it, after letting go of it."""
    until = time.monotonic() + 2 * _RETRY_SECONDS
    while is_awaited(path) and time.monotonic() < until:
        time.sleep(_RETRY_SECONDS / 50)


def _waiting(path: Path) -> Path:
    return path.with_name(f"{path.name}.waiting")


def _say_so(state: RetryCallState, path: Path) -> None:
    """Tell the holder, and now and then the log, that somebody waits."""
    with contextlib.suppress(OSError):
        _waiting(path).touch()
    waited = state.seconds_since_start or 0.0
    upcoming = state.upcoming_sleep
    if waited // _TELL_SECONDS < (waited + upcoming) // _TELL_SECONDS:
        log.warning("waiting for the warehouse: another process is writing, since %.0f s", waited + upcoming)


def _is_locked(error: BaseException) -> bool:
    # The second is this process itself, in another thread.
    return isinstance(error, duckdb.Error) and (
        "Could not set lock" in str(error) or "Unique file handle conflict" in str(error)
    )


def _explain(error: duckdb.Error, path: Path) -> str:
    text = _first_line(error)
    if "version number" in text:
        return f"written by another DuckDB version; this is {duckdb.__version__} ({text})"
    if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        return "not writable by this user"
    return text


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


@contextlib.contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All of it or nothing; an error on the way rolls back and goes on upwards."""
    connection.execute("begin")
    try:
        yield
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            connection.execute("rollback")
        raise
    connection.execute("commit")


def open_snapshot(link: Path) -> duckdb.DuckDBPyConnection:
    """A read-only connection to the newest snapshot, in UTC. Raises SnapshotMissing before the first refresh."""
    try:
        target = link.resolve(strict=True)
    except OSError:
        raise SnapshotMissing(f"{link}: nothing is published yet; run `consent refresh`") from None
    try:
        return in_utc(duckdb.connect(str(target), read_only=True))
    except duckdb.Error as error:
        raise WarehouseError(f"{target}: {_explain(error, target)}") from None


def swap_link(link: Path, target: Path) -> None:
    """Point `link` at `target` in one rename; both lie under the same folder."""
    temporary = link.with_name(f".{link.name}.{os.getpid()}.{time.monotonic_ns()}")
    temporary.symlink_to(target.relative_to(link.parent))
    temporary.replace(link)
