"""The warehouse file: its lock, its errors, and the swap of snapshots."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from consent.errors import SnapshotMissing, WarehouseError, WarehouseLocked
from consent.warehouse import bounded, open_snapshot, open_warehouse, swap_link, transaction


def holder(path: Path, seconds: float) -> subprocess.Popen[str]:
    """Another process that keeps the file open for writing."""
    script = f"import duckdb, time; c = duckdb.connect({str(path)!r}); print(flush=True); time.sleep({seconds})"
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    process.stdout.readline()
    return process


def test_it_waits_for_its_turn(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with open_warehouse(path):
        pass
    started = time.monotonic()
    with holder(path, 1.0), open_warehouse(path, lock_timeout=20) as connection:
        assert time.monotonic() - started > 0.5
        assert connection.execute("select count(*) from raw.events").fetchall() == [(0,)]


def test_a_table_of_an_earlier_version_gets_its_new_columns_and_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with open_warehouse(path) as connection:
        connection.execute("create or replace table kept.changes (date date, site varchar, reopens bigint)")
        connection.execute("insert into kept.changes values ('2026-10-01', 'shop', 2)")
    with open_warehouse(path) as connection:
        connection.execute("insert into kept.changes by name select 'next' as site, now()::timestamp as known_at")
        rows = connection.execute("select site, reopens, changed, known_at is null from kept.changes").fetchall()
    assert rows == [("shop", 2, None, True), ("next", None, None, False)]


def test_it_gives_up_with_one_line(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with open_warehouse(path):
        pass
    with holder(path, 30) as other:
        with (
            pytest.raises(WarehouseLocked, match=r"another process has been writing for over 0\.2 s"),
            open_warehouse(path, lock_timeout=0.2),
        ):
            pass
        other.kill()


def test_a_file_of_a_newer_duckdb_is_refused_and_unharmed(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with open_warehouse(path):
        pass
    content = bytearray(path.read_bytes())
    content[12:20] = struct.pack("<Q", 1005)  # the storage version; the header's checksum must match it
    path.write_bytes(content)
    with pytest.raises(duckdb.Error) as refused:
        duckdb.connect(str(path))
    checksum = re.search(r"computed checksum (\d+)", str(refused.value))
    assert checksum
    content[0:8] = struct.pack("<Q", int(checksum[1]))
    path.write_bytes(content)
    with pytest.raises(WarehouseError, match="written by another DuckDB version") as error, open_warehouse(path):
        pass
    assert "\n" not in str(error.value)
    assert path.read_bytes() == bytes(content)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    path.write_bytes(b"hello" * 1000)
    with pytest.raises(WarehouseError, match="not a valid DuckDB database"), open_warehouse(path):
        pass


def test_a_folder_that_cannot_be_made_is_named() -> None:
    with (
        pytest.raises(WarehouseError, match=r"^/proc/nowhere: cannot make the folder"),
        open_warehouse(Path("/proc/nowhere/warehouse.duckdb")),
    ):
        pass


def test_a_transaction_is_all_or_nothing(tmp_path: Path) -> None:
    with open_warehouse(tmp_path / "w.duckdb") as connection:
        with pytest.raises(ZeroDivisionError), transaction(connection):  # noqa: PT012
            connection.execute("insert into staging.run (as_of) values (now()::timestamp)")
            raise ZeroDivisionError
        assert connection.execute("select count(*) from staging.run").fetchall() == [(0,)]


def test_a_reader_keeps_its_snapshot_and_the_next_one_sees_the_new(tmp_path: Path) -> None:
    link = tmp_path / "snapshot.duckdb"
    with pytest.raises(SnapshotMissing, match="consent refresh"):
        open_snapshot(link)
    readers = []
    for number in (1, 2):
        target = tmp_path / f"{number}.duckdb"
        with duckdb.connect(str(target)) as connection:
            connection.execute(f"create table t as select {number} as n")
        swap_link(link, target)
        readers.append(open_snapshot(link))
    assert [reader.execute("select n from t").fetchall()[0][0] for reader in readers] == [1, 2]
    for reader in readers:
        reader.close()


def test_what_does_not_fit_in_memory_is_put_beside_the_warehouse_meanwhile(tmp_path: Path) -> None:
    spill = tmp_path / "spill"
    with duckdb.connect() as connection:
        bounded(connection, "64MB", tmp_path / "warehouse.duckdb")
        connection.execute("create temp table big as select md5(range::varchar) as text from range(3_000_000)")
        assert any(spill.iterdir())
        assert connection.execute("select count(distinct text) from big").fetchall() == [(3_000_000,)]
    assert not spill.exists()
