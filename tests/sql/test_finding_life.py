"""The life of findings: opened, acknowledged, resolved, reopened; the same again for the same as-of time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest

from consent import changes
from consent.acknowledgements import Acknowledgement
from consent.build import build
from consent.finding_life import record, take_answers
from consent.models import statement
from tests.ingestion.events import event
from tests.sql.build import rows, warehouse

START = datetime(2026, 10, 2)
LIFE = ("marts.finding_history", "marts.findings")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    seen = event("observation", site="shop", storage=[{"name": "_tracker", "type": "cookie", "category": "marketing"}])
    with warehouse([seen], START) as made:
        yield made


def refresh(connection: duckdb.DuckDBPyConnection, day: int, *, found: bool = True) -> None:
    """As of so many days after START; the rules find what they found, or nothing."""
    changes.claim(connection, START + timedelta(days=day))
    connection.execute(f"create or replace table staging.findings_now as from shown where {found}")
    for relation in LIFE:
        build(connection, statement(relation))
    record(connection)


@pytest.fixture
def finding_id(connection: duckdb.DuckDBPyConnection) -> str:
    connection.execute("create table shown as from staging.findings_now where rule_id = 'storage_before_consent'")
    [(found,)] = connection.execute("select finding_id from shown").fetchall()
    return str(found)


def life(connection: duckdb.DuckDBPyConnection) -> list[tuple[int, str]]:
    """Day after START, and event."""
    return [
        ((row["at"] - START).days, row["event"])
        for row in rows(connection, 'select * from marts.finding_history order by "at", event')
    ]


def now(connection: duckdb.DuckDBPyConnection, finding_id: str) -> dict[str, Any]:
    [row] = rows(connection, f"select * from marts.findings where finding_id = '{finding_id}'")
    return row


def test_resolved_and_reopened(connection: duckdb.DuckDBPyConnection, finding_id: str) -> None:
    refresh(connection, 0)
    assert now(connection, finding_id)["status"] == "open"
    refresh(connection, 1)
    refresh(connection, 2, found=False)
    gone = now(connection, finding_id)
    assert (gone["status"], gone["resolved_at"], gone["item"]) == ("resolved", START + timedelta(days=2), "_tracker")
    refresh(connection, 3, found=False)
    assert now(connection, finding_id)["resolved_at"] == START + timedelta(days=2)
    refresh(connection, 4)
    again = now(connection, finding_id)
    assert (again["status"], again["resolved_at"]) == ("reopened", None)
    assert life(connection) == [(0, "opened"), (2, "resolved"), (4, "reopened")]


def test_a_past_as_of_tells_the_history_as_it_was_and_changes_nothing(
    connection: duckdb.DuckDBPyConnection, finding_id: str
) -> None:
    for day, found in ((0, True), (2, False), (4, True)):
        refresh(connection, day, found=found)
    whole = life(connection)
    refresh(connection, 2, found=False)
    assert life(connection) == [(0, "opened"), (2, "resolved")]
    refresh(connection, 1)
    assert life(connection) == [(0, "opened")]
    refresh(connection, 4)
    assert life(connection) == whole


def test_an_acknowledgement_holds_until_its_day_is_over(connection: duckdb.DuckDBPyConnection, finding_id: str) -> None:
    refresh(connection, 0)
    answer = Acknowledgement(finding_id, START + timedelta(hours=12), "Mari", date(2026, 10, 4), "fix ships on Monday")
    take_answers(connection, [answer])
    refresh(connection, 0)
    assert now(connection, finding_id)["status"] == "open", "it was given later"
    refresh(connection, 1)
    held = now(connection, finding_id)
    assert (held["status"], held["acknowledged_by"], held["acknowledged_until"], held["acknowledged_why"]) == (
        "acknowledged",
        "Mari",
        date(2026, 10, 4),
        "fix ships on Monday",
    )
    refresh(connection, 3)
    assert now(connection, finding_id)["status"] == "open"
    assert life(connection) == [(0, "opened"), (0, "acknowledged"), (3, "acknowledgement_ended")]


def test_it_can_be_taken_back_and_does_not_outlive_a_resolution(
    connection: duckdb.DuckDBPyConnection, finding_id: str
) -> None:
    refresh(connection, 0)
    until = date(2026, 12, 1)
    given = [Acknowledgement(finding_id, START + timedelta(hours=1), "Mari", until, "known")]
    take_answers(connection, given)
    refresh(connection, 1, found=False)
    refresh(connection, 2)
    assert now(connection, finding_id)["status"] == "reopened"
    given.append(Acknowledgement(finding_id, START + timedelta(days=2, hours=1), "Mari", until, "known again"))
    take_answers(connection, given)
    refresh(connection, 3)
    assert now(connection, finding_id)["status"] == "acknowledged"
    given.append(Acknowledgement(finding_id, START + timedelta(days=3, hours=1), "Ola", None, "no longer"))
    take_answers(connection, given)
    refresh(connection, 4)
    assert now(connection, finding_id)["status"] == "reopened"
    assert life(connection)[-1] == (3, "acknowledgement_ended")


def test_first_seen_never_moves_to_later(connection: duckdb.DuckDBPyConnection, finding_id: str) -> None:
    refresh(connection, 0)
    first = now(connection, finding_id)["first_seen"]
    connection.execute("update shown set first_seen = first_seen + interval 5 days")
    refresh(connection, 1)
    assert now(connection, finding_id)["first_seen"] == first


def test_no_person_is_written_down(connection: duckdb.DuckDBPyConnection, finding_id: str) -> None:
    connection.execute("update shown set subject = 'subject-0001', observed = 'seen with subject-0001'")
    refresh(connection, 0)
    assert rows(connection, "select observed from life.observed") == [{"observed": "seen with …"}]


def test_only_what_differs_is_written_down(connection: duckdb.DuckDBPyConnection, finding_id: str) -> None:
    refresh(connection, 0)
    changes.claim(connection, START + timedelta(hours=1))
    assert record(connection) is False
    changes.claim(connection, START + timedelta(days=1))
    assert record(connection) is True
