"""Dagster's event log in one SQLite file, over connections that are kept.

Dagster's own SQLite storage builds an SQLAlchemy engine for each statement and writes each event into two files, which
makes the log dearer than the models of a small refresh (docs/decisions/0021).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from sqlalchemy import Connection, Engine, create_engine, event


class EventLog(ConsolidatedSqliteEventLogStorage):
    """The storage that dagster.yaml names; takes `base_dir`, the folder of its file."""

    @cached_property
    def _engine(self) -> Engine:
        engine = create_engine(self._conn_string, connect_args={"timeout": 60})
        event.listen(engine, "connect", _without_waiting_for_the_disk)
        return engine

    @contextmanager
    def _connect(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            yield connection


def _without_waiting_for_the_disk(connection: Any, _record: object) -> None:
    """A crash of the machine may lose the last events of a run, never the file: the log is in WAL mode."""
    connection.execute("pragma synchronous = normal")
