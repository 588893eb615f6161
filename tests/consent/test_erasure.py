"""Erasure in the warehouse: rates stay, rows go, offsets and proof still hold; restriction takes out of use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from consent import changes, traces
from consent.erasure import Erased, erase, is_erased
from consent.errors import ConsentError, WarehouseError
from consent.finding_life import record
from consent.proof_check import check
from consent.restrictions import lift, restrict
from consent.subjects import SubjectKey, check_subject
from tests.ingestion.events import event
from tests.sql.build import build_all, rows, warehouse

PERSON, OTHER = "person-to-be-erased", "someone-else-0001"
AS_OF = datetime(2026, 10, 2)
KEY = SubjectKey(bytes(range(32)))
# Times are not kept: a day's newest event is that of the people who are left.
TABLES = dict.fromkeys(
    ("opt_in_daily", "opt_in_hourly", "prompts_daily", "prompts_hourly", "funnel_daily", "coverage_daily",
     "changes_daily", "consent_decay", "reach_daily", "experiments", "quarantine_summary"), "*"
) | {"data_quality_daily": "* exclude (newest_event, newest_received)"}  # fmt: skip


def history() -> list[dict[str, object]]:
    choice = {"categories": {"necessary": True, "marketing": True}, "action": "accept_all", "decision_ms": 700}
    listed: list[dict[str, object]] = []
    for subject in (PERSON, OTHER):
        for site in ("shop", "videonor"):
            common = {"subject": subject, "site": site}
            listed += [
                event("impression", **common),
                event("decision", **common, **choice),
                event(
                    "decision",
                    **common,
                    action="save",
                    categories={"necessary": True, "marketing": False, "own": subject == PERSON},
                    occurred_at="2026-10-01T13:00:00Z",
                    received_at="2026-10-01T13:00:00Z",
                    decision_ms=1300,
                ),
                event("impression", **common, is_bot=True),
                *earlier(common),
            ]
    listed.append(listed[1])  # a duplicate
    listed.append(event("impression", subject=PERSON, platform="fridge"))
    return listed


def earlier(common: dict[str, str]) -> list[dict[str, object]]:
    """A grant in May that a refusal of August ends, page views under it and after, and the choice reopened."""
    banner = {"id": "main", "version": "1", "variant": "a" if common["subject"] == PERSON else "b", "layer": "2"}

    def at(moment: str, kind: str, **fields: Any) -> dict[str, object]:
        return event(kind, **common, occurred_at=moment, received_at=moment, banner=banner, region="FR", **fields)

    grants = {"necessary": True, "marketing": True}
    return [
        at("2026-05-03T10:00:00Z", "impression"),
        at("2026-05-03T10:00:05Z", "decision", action="accept_all", categories=grants, decision_ms=5000),
        at("2026-05-04T00:00:00Z", "replay", categories=grants),
        at("2026-08-03T10:00:00Z", "reopen"),
        at("2026-08-03T10:00:05Z", "decision", action="reject_all", categories={"marketing": False}),
        at("2026-09-30T22:00:00Z", "replay", categories={"necessary": True, "marketing": True}),
        at("2026-09-30T23:00:00Z", "dismissal"),
        at("2026-09-30T23:30:00Z", "decision", action="save", categories={"marketing": False, "odd": True}),
    ]


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse(history(), AS_OF) as made:
        made.execute(
            'insert into raw.offsets select topic, topic_id, partition, 0, max("offset") + 1, now()::timestamp '
            'from (select topic, topic_id, partition, "offset" from raw.events union all '
            'select topic, topic_id, partition, "offset" from raw.quarantine) group by all'
        )
        yield made


def published(connection: duckdb.DuckDBPyConnection) -> dict[str, list[dict[str, object]]]:
    return {table: rows(connection, f"select {TABLES[table]} from marts.{table} order by all") for table in TABLES}


def rebuild(connection: duckdb.DuckDBPyConnection, as_of: datetime = AS_OF) -> None:
    changes.set_run(connection, as_of)
    build_all(connection)


def test_rates_stay_and_the_person_goes(connection: duckdb.DuckDBPyConnection) -> None:
    before = published(connection)
    record(connection)
    assert erase(connection, PERSON, KEY) == Erased(events=25, decisions=11, quarantined=1, kept_decisions=0)
    rebuild(connection)
    assert published(connection) == before
    assert traces.in_tables(connection, PERSON) == []
    assert traces.in_tables(connection, OTHER)
    proven = check(connection)
    assert (proven.bad, proven.removed) == (None, 11)
    assert is_erased(connection, KEY.hash(PERSON))
    assert not is_erased(connection, KEY.hash(OTHER))
    assert erase(connection, PERSON, KEY).events == 0


def test_an_earlier_day_is_told_as_it_was_before_the_erasure(connection: duckdb.DuckDBPyConnection) -> None:
    for days_ago in (1, 59, 150):
        as_of = AS_OF - timedelta(days=days_ago)
        rebuild(connection, as_of)
        before = published(connection)
        rebuild(connection)
        connection.execute("attach ':memory:' as copy")
        connection.execute("copy from database memory to copy")
        connection.execute("use copy")
        assert erase(connection, PERSON, KEY).events
        rebuild(connection, as_of)
        after = published(connection)
        if days_ago > 14:  # hours are not kept for longer than they are shown
            assert all(after.pop(table) != before.pop(table) for table in ("prompts_hourly", "opt_in_hourly"))
        assert after == before, days_ago
        connection.execute("use memory")
        connection.execute("detach copy")


def test_hours_are_forgotten_once_no_relation_shows_them(connection: duckdb.DuckDBPyConnection) -> None:
    erase(connection, PERSON, KEY)
    hours = 'select distinct "date" from kept.prompts where "hour" is not null order by 1'
    assert [str(day) for (day,) in connection.execute(hours).fetchall()] == ["2026-09-30", "2026-10-01"]
    assert connection.execute("select count(*) from kept.prompts where known_at <> date_trunc('day', known_at)") \
        .fetchall() == [(0,)]  # fmt: skip
    rebuild(connection, AS_OF + timedelta(days=14))
    erase(connection, OTHER, KEY)
    assert connection.execute(hours).fetchall() == []


def test_a_second_erasure_waits_for_the_refresh_and_leaves_nothing_behind(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    erase(connection, PERSON, KEY, keep_proof=True)
    kept = connection.execute("select * from kept.prompts order by all").fetchall()
    for subject in (PERSON, OTHER):
        with pytest.raises(WarehouseError, match="run `consent refresh` before removing more"):
            erase(connection, subject, KEY)
    assert not is_erased(connection, KEY.hash(OTHER))
    assert connection.execute("select * from kept.prompts order by all").fetchall() == kept


def test_one_site_alone(connection: duckdb.DuckDBPyConnection) -> None:
    assert erase(connection, PERSON, KEY, site="shop").events == 13
    left = connection.execute("select distinct site from raw.events where subject = ?", [PERSON]).fetchall()
    assert left == [("videonor",)]


def test_proof_may_be_kept_and_is_then_restricted(connection: duckdb.DuckDBPyConnection) -> None:
    before = published(connection)
    assert erase(connection, PERSON, KEY, keep_proof=True) == Erased(14, 0, 1, 11)
    rebuild(connection)
    assert connection.execute("select count(*) from staging.events where subject = ?", [PERSON]).fetchall() == [(0,)]
    assert published(connection) == before


def test_restriction_takes_out_of_every_use_until_it_is_lifted(connection: duckdb.DuckDBPyConnection) -> None:
    before = published(connection)
    assert restrict(connection, PERSON) == ["shop", "videonor"]
    rebuild(connection)
    for table in ("staging.events", "staging.decisions", "marts.consent_current"):
        assert connection.execute(f"select count(*) from {table} where subject = ?", [PERSON]).fetchall() == [(0,)]
    assert connection.execute("select count(*) from raw.events where subject = ?", [PERSON]).fetchall() == [(25,)]
    assert lift(connection, PERSON) == ["shop", "videonor"]
    rebuild(connection)
    assert published(connection) == before
    with pytest.raises(ConsentError, match="no event of theirs is stored"):
        restrict(connection, "nobody-at-all-1")


def test_the_key_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    first = SubjectKey.of(tmp_path)
    assert SubjectKey.of(tmp_path) == first
    assert oct((tmp_path / "subject.key").stat().st_mode & 0o777) == "0o600"
    (tmp_path / "subject.key").write_text("not hex")
    with pytest.raises(ConsentError, match=r"subject\.key: expected 64 hexadecimal digits"):
        SubjectKey.of(tmp_path)


def test_a_set_is_hashed_as_one_is() -> None:
    with duckdb.connect() as connection:
        [(hashed,)] = connection.execute(f"select {KEY.sql('s')} from (values (?)) as t(s)", [PERSON]).fetchall()
    assert hashed == KEY.hash(PERSON)


def test_what_is_no_id_is_refused_without_repeating_it() -> None:
    with pytest.raises(ConsentError) as refused:
        check_subject("mari@example.com")
    assert "mari" not in str(refused.value)
