"""Erasure, from Kafka to the last file: nothing of the person is left, no rate changes, nothing brings them back."""

from __future__ import annotations

import contextlib
import io
import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consent import traces
from consent.acknowledgements import acknowledge, read
from consent.proof_check import check
from consent.requests import requests
from consent.settings import Settings
from consent.verify import verify
from consent.warehouse import open_snapshot, open_warehouse
from ingestion.ingest import ingest
from ingestion.send import send_lines
from ingestion.topics import ensure_topic
from pipelines.erasing import Erasure, erase_everywhere
from pipelines.export import export
from pipelines.refresh import refresh
from tests.ingestion.events import event

PERSON = "person-to-be-erased-7c1f"
FINDING = "0123456789abcdef0123456789abcdef"
EXPORTED = ("opt_in_daily", "prompts_daily", "quarantine_summary")
NOW = datetime.now(UTC).replace(microsecond=0)


def history() -> list[bytes]:
    """Forty days of eleven people at two sites, one of them PERSON, with withdrawals, repeats, bots and bad lines."""
    chance = random.Random(7)
    lines = []
    for number in range(11):
        subject = PERSON if number == 3 else f"someone-else-{number:04}"
        for day in range(1, 40, 3):
            at = (NOW - timedelta(days=day, minutes=number)).isoformat()
            common: dict[str, Any] = {
                "subject": subject,
                "site": chance.choice(["shop", "videonor"]),
                "occurred_at": at,
                "received_at": at,
                "region": chance.choice(["FR", "NO"]),
            }
            shown = event("impression", **common)
            grants = {"necessary": True, "marketing": chance.random() < 0.5, "own-kind": number == 3}
            chosen = event(
                "decision",
                **common,
                action=chance.choice(["save", "withdraw"]),
                categories=grants,
                decision_ms=chance.randrange(9000),
            )
            seen = event("observation", **common, storage=[{"name": "_tracker", "type": "cookie", "lifetime_s": 9**9}])
            lines += [shown, chosen, seen, chosen | {"is_bot": True}, event("impression", **common, is_bot=True)]
    encoded = [json.dumps(line).encode() for line in lines]
    encoded.append(json.dumps(event("impression", subject=PERSON, site="shop") | {"platform": "fridge"}).encode())
    encoded.append(b'{"torn": "' + PERSON.encode())
    encoded.append(b"{not json")
    return encoded


HISTORY = history()


def deliver(settings: Settings) -> None:
    ensure_topic(settings.kafka_bootstrap_servers or "", settings.topic, partitions=3, timeout=30)
    send_lines(io.BytesIO(b"\n".join(HISTORY) + b"\n"), settings)
    ingest(settings, until_caught_up=True)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("erasing") / "home"


@pytest.fixture(scope="module")
def settings(home: Path, embedded_kafka: str) -> Settings:
    return Settings.load(home=home, kafka_bootstrap_servers=embedded_kafka, topic=f"erasing-{uuid.uuid4()}")


def exported(settings: Settings, folder: Path) -> dict[str, bytes]:
    files = {relation: folder / f"{relation}.csv" for relation in EXPORTED}
    for relation, file in files.items():
        export(settings, relation, "csv", file)
    return {relation: file.read_bytes() for relation, file in files.items()}


@pytest.fixture(scope="module")
def done(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The person erased, with what was published before and after."""
    deliver(settings)
    refresh(settings)
    folder = tmp_path_factory.mktemp("exports")
    before = exported(settings, folder)
    acknowledge(settings, FINDING, by="Mari", until=NOW.date() + timedelta(days=9), why=f"{PERSON} is our own tester")
    settings.reports.mkdir()
    (settings.reports / "week.html").write_text(f"<p>{PERSON}</p>")
    (settings.reports / "clean.html").write_text("<p>nobody</p>")
    (settings.reports / "week.pdf").write_bytes(b"compressed, so nobody can tell")
    erasure = erase_everywhere(settings, PERSON, received_at=NOW - timedelta(days=40), reference="ticket#12")
    return {"before": before, "after": exported(settings, folder), "erasure": erasure}


def test_no_byte_of_the_id_is_left_in_any_file_or_table(settings: Settings, done: dict[str, Any]) -> None:
    erasure: Erasure = done["erasure"]
    assert erasure.left == []
    assert erasure.erased.events == 13 * 5
    assert erasure.erased.quarantined == 2
    files = [path for path in settings.home.rglob("*") if path.is_file()]
    assert any("dagster" in path.parts for path in files)
    assert [path for path in files if PERSON.encode() in path.read_bytes()] == []
    with open_warehouse(settings.warehouse) as connection:
        assert traces.in_tables(connection, PERSON) == []
    with contextlib.closing(open_snapshot(settings.snapshot)) as connection:
        assert traces.in_tables(connection, PERSON) == []
    assert [path.name for path in (settings.home / "snapshots").iterdir()] == [settings.snapshot.resolve().name]
    assert not (settings.home / "rewrite.due").exists()


def test_the_search_would_have_found_it(settings: Settings, done: dict[str, Any]) -> None:
    """The same search, for someone who is still there."""
    with open_warehouse(settings.warehouse) as connection:
        found = traces.in_tables(connection, "someone-else-0004")
    assert {"raw.events.subject", "staging.events.subject", "marts.consent_current.subject"} <= set(found)


def test_rates_of_past_days_stay_to_the_byte(done: dict[str, Any]) -> None:
    assert b"own-kind" in done["before"]["opt_in_daily"]
    assert done["after"] == done["before"]


def test_a_full_rebuild_gives_the_same_rates(settings: Settings, done: dict[str, Any], tmp_path: Path) -> None:
    refresh(settings, full=True)
    assert exported(settings, tmp_path) == done["before"]


def test_offsets_and_proof_still_hold(settings: Settings, done: dict[str, Any]) -> None:
    with open_warehouse(settings.warehouse) as connection:
        assert {one.problem for one in verify(connection)} == {None}
        assert sum(one.gap_offsets for one in verify(connection)) == 13 * 5
        proven = check(connection)
        assert (proven.bad, proven.removed, proven.unsealed) == (None, 26, 0)
        assert connection.execute("select distinct cause from raw.offset_gaps").fetchall() == [("erased",)]


def test_files_beside_it_are_taken_care_of(settings: Settings, done: dict[str, Any]) -> None:
    assert [one.why for one in read(settings)] == ["[erased] is our own tester"]
    assert sorted(path.name for path in settings.reports.iterdir()) == ["clean.html"]
    assert "reports/week.pdf: deleted; make it anew" in done["erasure"].files


def test_the_request_is_logged_without_the_id_and_was_late(settings: Settings, done: dict[str, Any]) -> None:
    with open_warehouse(settings.warehouse) as connection:
        [request] = requests(connection)
    assert (request.kind, request.reference, request.outcome) == ("erasure", "ticket#12", "erased")
    assert request.is_overdue(NOW.replace(tzinfo=None))
    assert any("17(3)" in line or "12(3)" in line for line in done["erasure"].kept)


def test_what_kafka_still_has_does_not_bring_them_back(settings: Settings, done: dict[str, Any]) -> None:
    again = settings.model_copy(update={"topic": f"again-{uuid.uuid4()}"})
    deliver(again)
    refresh(settings)
    with open_warehouse(settings.warehouse) as connection:
        assert traces.in_tables(connection, PERSON) == []
        assert {one.problem for one in verify(connection)} == {None}
        assert check(connection).bad is None
        gaps = "select sum(next_offset - first_offset) from raw.offset_gaps where topic = ?"
        assert connection.execute(gaps, [again.topic]).fetchall() == [(13 * 5,)]
    assert traces.in_files(settings.home, PERSON.encode()) == []
