"""Dagster's event log in one SQLite file, over connections that are kept.

Dagster's own SQLite storage builds an SQLAlchemy engine for each statement and writes each event into two files, which
makes the log dearer than the models of a small refresh (docs/decisions/0021).
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.consolidated_sqlite_event_log import SQLITE_EVENT_LOG_FILENAME
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event


class EventLog(ConsolidatedSqliteEventLogStorage):
    """The storage that dagster.yaml names; takes `base_dir`, the folder of its file.

    The file comes into being whole: one that a kill left without its tables would be taken for a finished one.
    """

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        path = Path(base_dir, f"{SQLITE_EVENT_LOG_FILENAME}.db")
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with TemporaryDirectory(dir=path.parent) as fresh, suppress(FileExistsError):
                ConsolidatedSqliteEventLogStorage(fresh)
                os.link(Path(fresh, path.name), path)  # unlike a rename, not over that of a process that was faster
        super().__init__(base_dir, inst_data)

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
