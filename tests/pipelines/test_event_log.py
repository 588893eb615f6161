"""Dagster's event log: whole or not there, whenever the process that makes it is killed."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

from pipelines.event_log import EventLog

# Dies when the tables are about to be made, in a file that SQLite has begun.
_DIES = """
import os, sys
from dagster._core.storage.event_log.schema import SqlEventLogStorageMetadata as metadata
from pipelines.event_log import EventLog

def die(engine):
    with engine.connect() as connection:
        connection.exec_driver_sql("create table begun (at integer)")
        os._exit(9)

metadata.create_all = die
EventLog(sys.argv[1])
"""


def test_a_process_that_dies_making_it_leaves_nothing_half_made(tmp_path: Path) -> None:
    assert subprocess.run([sys.executable, "-c", _DIES, str(tmp_path)], check=False).returncode == 9
    assert not (tmp_path / "event_log.db").exists()
    assert EventLog(str(tmp_path)).has_table("event_logs")


def test_two_that_make_it_at_once_share_one(tmp_path: Path) -> None:
    logs: list[EventLog] = []
    threads = [threading.Thread(target=lambda: logs.append(EventLog(str(tmp_path)))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [log.has_table("event_logs") for log in logs] == [True, True]
    assert [path.name for path in tmp_path.iterdir()] == ["event_log.db"]
