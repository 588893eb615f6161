"""Retention: what is due goes by whole days, proof stays until its period ends, and rates stay as they were."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from consent import changes, proof
from consent.errors import WarehouseError
from consent.proof_check import check
from consent.retention import Purged, due, journal, purge
from consent.rewriting import rewrite
from consent.settings import Settings
from consent.verify import verify
from consent.warehouse import open_warehouse
from tests.ingestion.events import event
from tests.sql.build import build_all, rows, warehouse

AS_OF = datetime(2026, 10, 2)
GONE, STAYS, DECIDED = "impression-that-goes-0001", "impression-that-stays-01", "someone-who-decided-0001"
LAST_DAY = date(2026, 4, 1)  # six months later is the day before the as-of time


def at(moment: str, kind: str, subject: str, **fields: Any) -> dict[str, Any]:
    banner = {"id": "main", "version": "1"}
    return event(kind, site="shop", subject=subject, banner=banner, occurred_at=moment, received_at=moment, **fields)


HISTORY = [
    at("2026-04-01T00:00:00Z", "impression", GONE),
    at("2026-04-01T23:59:59Z", "impression", GONE),
    at("2026-04-02T00:00:00Z", "impression", STAYS),
    at("2026-04-03T00:00:00Z", "replay", STAYS, categories={"necessary": True}),
    at("2026-09-01T10:00:00Z", "impression", DECIDED),
    at("2026-08-01T10:00:00Z", "decision", DECIDED, action="save", categories={"necessary": True, "marketing": True}),
]
RETENTION = {"events": "6 months", "decisions": "1 month"}


@pytest.fixture(scope="module")
def built() -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse(HISTORY, AS_OF) as made:
        made.execute("delete from policy.retention")
        for relation, period in RETENTION.items():
            made.execute(
                "insert into policy.retention (site, relation, value) values ('shop', ?, ?::interval)",
                [relation, period],
            )
        made.execute(
            'insert into raw.offsets select topic, topic_id, partition, 0, max("offset") + 1, now()::timestamp '
            "from raw.events group by all"
        )
        proof.seal(made)
        made.execute("force checkpoint")
        yield made


@pytest.fixture
def file(built: duckdb.DuckDBPyConnection, settings: Settings) -> Path:
    """A warehouse file of this test's own, as built."""
    settings.home.mkdir()
    built.execute(f"attach '{settings.warehouse}' as copied (storage_version 'latest')")
    built.execute("copy from database memory to copied")
    built.execute("detach copied")
    return settings.warehouse


def published(connection: duckdb.DuckDBPyConnection) -> list[list[dict[str, Any]]]:
    return [rows(connection, f"select * from marts.{mart} order by all") for mart in ("prompts_daily", "opt_in_daily")]


def rebuild(connection: duckdb.DuckDBPyConnection) -> None:
    changes.set_run(connection, AS_OF)
    build_all(connection)


def removed(file: Path, settings: Settings, *, even_proof: bool = False) -> list[Purged]:
    """What a purge removed; a refresh follows, as the command does it."""
    with open_warehouse(file) as connection:
        done = purge(connection, settings, even_proof=even_proof)
        rebuild(connection)
    return [one for one in done if not one.refused]


def test_whole_days_go_down_to_the_bytes_and_rates_stay(file: Path, settings: Settings) -> None:
    assert GONE.encode() in file.read_bytes()
    with open_warehouse(file) as connection:
        before = published(connection)
    assert all(before)
    assert removed(file, settings) == [Purged("shop", "events", "6 months", 2, LAST_DAY, LAST_DAY)]
    with open_warehouse(file) as connection:
        assert published(connection) == before
        assert [one for one in due(connection) if not one.refused] == []
        left = connection.execute("select distinct subject from raw.events order by subject").fetchall()
        assert left == [(STAYS,), (DECIDED,)]
        assert check(connection).bad is None
        assert all(partition.problem is None for partition in verify(connection))
    rewrite(file, lock_timeout=10)
    content = file.read_bytes()
    assert GONE.encode() not in content
    assert STAYS.encode() in content  # or the search would prove nothing
    with open_warehouse(file) as connection:
        assert published(connection) == before


def test_proof_stays_until_its_period_ends_unless_told(file: Path, settings: Settings) -> None:
    assert "decisions" not in {one.relation for one in removed(file, settings)}
    with open_warehouse(file) as connection:
        assert connection.execute("select count(*) from raw.events where kind = 'decision'").fetchall() == [(1,)]
        before = published(connection)
    decided = date(2026, 8, 1)
    assert removed(file, settings, even_proof=True) == [
        Purged("shop", "decisions", "1 month", 1, decided, decided, early=True)
    ]
    with open_warehouse(file) as connection:
        assert published(connection) == before
        assert connection.execute("select count(*) from raw.events where kind = 'decision'").fetchall() == [(0,)]
        proven = check(connection)
        assert (proven.bad, proven.removed) == (None, 1)
        assert all(partition.problem is None for partition in verify(connection))


def test_measurement_has_a_period_of_its_own_and_traces_stay(file: Path, settings: Settings) -> None:
    period = "insert into policy.retention (site, relation, value) values ('shop', 'measurement', interval 5 months)"
    with open_warehouse(file) as connection:
        connection.execute(period)
        connection.execute("update policy.retention set value = interval 2 years where relation = 'events'")
        before = published(connection)
    first, last = LAST_DAY, date(2026, 4, 2)
    assert removed(file, settings) == [Purged("shop", "measurement", "5 months", 3, first, last)]
    with open_warehouse(file) as connection:
        assert published(connection) == before
        left = connection.execute("select kind from raw.events where subject = ? order by 1", [STAYS]).fetchall()
        assert left == [("replay",)]
    assert [line["relation"] for line in journal(settings).read() if not line["refused"]] == ["measurement"]
    rewrite(file, lock_timeout=10)
    assert GONE.encode() not in file.read_bytes()


def test_a_purge_before_the_refresh_after_another_is_refused(file: Path, settings: Settings) -> None:
    with open_warehouse(file) as connection:
        before = published(connection)
        purge(connection, settings)
        with pytest.raises(WarehouseError, match="run `consent refresh` before removing more"):
            purge(connection, settings)
        assert len([line for line in journal(settings).read() if not line["refused"]]) == 1
        rebuild(connection)
        assert published(connection) == before
        assert [one for one in purge(connection, settings) if not one.refused] == []


def test_what_was_done_and_refused_is_written_down_in_file_and_table(file: Path, settings: Settings) -> None:
    removed(file, settings)
    removed(file, settings, even_proof=True)
    told = {
        ("events", 2, "2026-04-01", "2026-04-01", False, False),
        ("decisions", 1, "2026-08-01", "2026-08-01", True, True),
        ("decisions", 1, "2026-08-01", "2026-08-01", True, False),
    }
    lines = journal(settings).read()
    names = ("relation", "records", "first_day", "last_day", "early", "refused")
    assert {tuple(line[name] for name in names) for line in lines} == told
    assert len(lines) == len(told)
    with open_warehouse(file) as connection:
        listed = connection.execute(f"select {', '.join(names)} from raw.purges").fetchall()
    assert {(*row[:2], str(row[2]), str(row[3]), *row[4:]) for row in listed} == told
