"""Erasure in the warehouse: rates stay, rows go, offsets and proof still hold; restriction takes out of use."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import duckdb
import pytest

from consent import changes, traces
from consent.erasure import Erased, erase, is_erased
from consent.errors import ConsentError
from consent.finding_life import record
from consent.proof_check import check
from consent.restrictions import lift, restrict
from consent.subjects import SubjectKey, check_subject
from tests.ingestion.events import event
from tests.sql.build import build_all, rows, warehouse

PERSON, OTHER = "person-to-be-erased", "someone-else-0001"
AS_OF = datetime(2026, 10, 2)
KEY = SubjectKey(bytes(range(32)))
COUNTED = "date, site, received, accepted, quarantined, duplicates, bots, clock_skewed, late, impressions_missing"
TABLES = {"opt_in_daily": "*", "prompts_daily": "*", "data_quality_daily": COUNTED, "quarantine_summary": "*"}


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
            ]
    listed.append(listed[1])  # a duplicate
    listed.append(event("impression", subject=PERSON, platform="fridge"))
    return listed


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


def rebuild(connection: duckdb.DuckDBPyConnection) -> None:
    changes.set_run(connection, AS_OF)
    build_all(connection)


def test_rates_stay_and_the_person_goes(connection: duckdb.DuckDBPyConnection) -> None:
    before = published(connection)
    record(connection)
    assert erase(connection, PERSON, KEY) == Erased(events=9, decisions=5, quarantined=1, kept_decisions=0)
    rebuild(connection)
    assert published(connection) == before
    assert traces.in_tables(connection, PERSON) == []
    assert traces.in_tables(connection, OTHER)
    proven = check(connection)
    assert (proven.bad, proven.removed) == (None, 5)
    assert is_erased(connection, KEY.hash(PERSON))
    assert erase(connection, PERSON, KEY).events == 0


def test_one_site_alone(connection: duckdb.DuckDBPyConnection) -> None:
    assert erase(connection, PERSON, KEY, site="shop").events == 5
    left = connection.execute("select distinct site from raw.events where subject = ?", [PERSON]).fetchall()
    assert left == [("videonor",)]


def test_proof_may_be_kept_and_is_then_restricted(connection: duckdb.DuckDBPyConnection) -> None:
    before = published(connection)
    assert erase(connection, PERSON, KEY, keep_proof=True) == Erased(4, 0, 1, 5)
    rebuild(connection)
    assert connection.execute("select count(*) from staging.events where subject = ?", [PERSON]).fetchall() == [(0,)]
    assert published(connection)["prompts_daily"] == before["prompts_daily"]
    assert published(connection)["opt_in_daily"] == before["opt_in_daily"]


def test_restriction_takes_out_of_every_use_until_it_is_lifted(connection: duckdb.DuckDBPyConnection) -> None:
    before = published(connection)
    assert restrict(connection, PERSON) == ["shop", "videonor"]
    rebuild(connection)
    for table in ("staging.events", "staging.decisions", "marts.consent_current"):
        assert connection.execute(f"select count(*) from {table} where subject = ?", [PERSON]).fetchall() == [(0,)]
    assert connection.execute("select count(*) from raw.events where subject = ?", [PERSON]).fetchall() == [(9,)]
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
