"""The quarantine, and the way back: exactly once, whatever happens on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from typer.testing import CliRunner

from consent.errors import ConsentError
from consent.settings import Settings
from consent.verify import verify
from consent.warehouse import open_warehouse
from ingestion import quarantine
from ingestion.quarantine import Position, replay
from pipelines.cli import app
from tests.ingestion.events import encode, event
from tests.ingestion.quarantined import OLD_REASON, TOPIC, TOPIC_ID, quarantined

GOOD = encode(event("decision"))
NOT_JSON = "not_json value: expected RFC 8259 JSON"


@pytest.fixture
def path(settings: Settings) -> Path:
    return settings.warehouse


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "CHUNK_ROWS", 7)


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with open_warehouse(path) as connection:
        return connection.execute(query).fetchall()


def problems(path: Path) -> list[str | None]:
    with open_warehouse(path) as connection:
        return [one.explanation for one in verify(connection)]


def run(home: Path, *arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, [*arguments, "--home", str(home)])
    if code == 0 and done.exception:
        raise done.exception
    assert done.exit_code == code
    return done.output


def test_the_good_move_to_their_own_position_and_the_bad_get_their_present_reason(path: Path) -> None:
    quarantined(path, [GOOD, b"oops", GOOD, None])
    done = replay(path, lock_timeout=5)
    assert (done.accepted, done.still_bad) == (2, 2)
    assert rows(
        path, 'select topic, topic_id, partition, "offset", kafka_timestamp::varchar, kind from raw.events'
    ) == [
        (TOPIC, TOPIC_ID, 0, 0, "2026-10-01 00:00:00", "decision"),
        (TOPIC, TOPIC_ID, 0, 2, "2026-10-01 00:02:00", "decision"),
    ]
    assert rows(path, 'select "offset", key, value, reason from raw.quarantine order by all') == [
        (1, b"a-key", b"oops", NOT_JSON),
        (3, b"a-key", None, "empty value: expected a JSON object"),
    ]
    assert problems(path) == [None]


def test_each_attempt_leaves_a_trace(path: Path) -> None:
    quarantined(path, [GOOD, b"oops"])
    for _ in range(2):
        replay(path, lock_timeout=5)
    found = rows(
        path,
        "select topic, topic_id, partition, \"offset\", outcome, reason_before, reason_after, product_version <> '' "
        'from raw.replays order by replayed_at, "offset"',
    )
    assert found == [
        (TOPIC, TOPIC_ID, 0, 0, "accepted", OLD_REASON, None, True),
        (TOPIC, TOPIC_ID, 0, 1, "still_bad", OLD_REASON, NOT_JSON, True),
        (TOPIC, TOPIC_ID, 0, 1, "still_bad", NOT_JSON, NOT_JSON, True),
    ]


@pytest.mark.usefixtures("small_chunks")
def test_chunks_neither_lose_nor_double(path: Path) -> None:
    for partition in (0, 1):
        quarantined(path, [GOOD if number % 3 else b"oops" for number in range(50)], partition=partition)
    quarantined(path, [GOOD] * 10, topic_id=UUID(int=8))
    calls: list[int] = []
    done = replay(path, lock_timeout=5, on_chunk=lambda so_far: calls.append(so_far.accepted + so_far.still_bad))
    assert (done.accepted, done.still_bad) == (76, 34)
    assert len(calls) == 8 + 8 + 2
    assert max(b - a for a, b in zip([0, *calls], calls, strict=False)) <= 7
    assert problems(path) == [None] * 3
    assert rows(path, "select count(*) from raw.replays") == [(110,)]


def test_a_chunk_ends_by_bytes_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quarantine, "CHUNK_BYTES", 3 * len(GOOD))
    quarantined(path, [GOOD] * 10 + [b"x" * 10_000])
    calls: list[int] = []
    assert replay(path, lock_timeout=5, on_chunk=lambda so_far: calls.append(so_far.accepted)).accepted == 10
    assert len(calls) >= 4
    assert problems(path) == [None]


def test_a_dry_run_counts_and_writes_nothing(path: Path) -> None:
    quarantined(path, [GOOD, b"oops"])
    done = replay(path, lock_timeout=5, dry_run=True)
    assert dict(done.changes) == {(OLD_REASON, None): 1, (OLD_REASON, NOT_JSON): 1}
    assert rows(path, "select reason, count(*) from raw.quarantine group by reason") == [(OLD_REASON, 2)]
    assert rows(path, "select count(*) from raw.events union all select count(*) from raw.replays") == [(0,), (0,)]


@pytest.mark.parametrize(
    ("asked", "accepted"),
    [("not_allowed", 2), ("not_allowed kind", 2), (OLD_REASON, 2), ("not_json", 1), ("not", 0), ("missing", 0)],
)
def test_a_reason_may_be_given_by_how_it_begins(path: Path, asked: str, accepted: int) -> None:
    quarantined(path, [GOOD, GOOD])
    quarantined(path, [GOOD], partition=1, reason=NOT_JSON)
    assert replay(path, lock_timeout=5, reason=asked).accepted == accepted
    assert problems(path) == [None, None]


def test_a_failed_chunk_leaves_everything_as_it_was(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    quarantined(path, [GOOD, b"oops"])
    monkeypatch.setattr(quarantine, "_SAME_POSITION", "no_such_column")  # after the insert into raw.events
    with pytest.raises(Exception, match="no_such_column"):
        replay(path, lock_timeout=5)
    assert rows(path, "select count(*) from raw.events union all select count(*) from raw.replays") == [(0,), (0,)]
    assert problems(path) == [None]


def test_killed_on_the_way_nothing_is_lost_or_doubled(path: Path) -> None:
    quarantined(path, [encode(event()) if number % 4 else b"oops" for number in range(400)])
    script = (
        "import sys, pathlib; from ingestion import quarantine as q; q.CHUNK_ROWS = 10\n"
        "q.replay(pathlib.Path(sys.argv[1]), lock_timeout=20, on_chunk=lambda done: print(done.accepted, flush=True))"
    )
    for lines in (1, 4, 2):
        with subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            for _ in range(lines):
                process.stdout.readline()
            os.kill(process.pid, signal.SIGKILL)
        assert problems(path) == [None]
    between = rows(path, "select count(*) from raw.events")[0][0]
    assert 0 < between < 300
    assert replay(path, lock_timeout=5).accepted == 300 - between
    assert problems(path) == [None]
    assert rows(path, "select count(*) from raw.replays where outcome = 'accepted'") == [(300,)]


def test_nothing_ingested_yet_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConsentError, match="nothing has been ingested there"):
        replay(tmp_path / "warehouse.duckdb", lock_timeout=1)
    assert list(tmp_path.iterdir()) == []


def test_list_shows_reasons_and_records_and_no_content(home: Path, path: Path) -> None:
    quarantined(path, [b"somebody's data", None])
    quarantined(path, [b"x"], partition=1, reason=NOT_JSON)
    text = run(home, "quarantine", "list")
    assert "3 in quarantine, 3 shown" in text
    assert "somebody" not in text
    listed = json.loads(run(home, "quarantine", "list", "--format", "json", "--reason", "not_allowed", "--limit", "1"))
    assert listed == {
        "reasons": [
            {
                "reason": OLD_REASON,
                "records": 2,
                "first_time": "2026-10-01T00:00:00Z",
                "first_position": {"topic": TOPIC, "partition": 0, "offset": 0},
                "last_time": "2026-10-01T00:01:00Z",
                "last_position": {"topic": TOPIC, "partition": 0, "offset": 1},
            }
        ],
        "records": [
            {
                "topic": TOPIC,
                "topic_id": str(TOPIC_ID),
                "partition": 0,
                "offset": 1,
                "kafka_time": "2026-10-01T00:01:00Z",
                "reason": OLD_REASON,
                "bytes": None,
            }
        ],
    }


def test_list_since(home: Path, path: Path) -> None:
    quarantined(path, [b"x"] * 5)
    assert "2 in quarantine" in run(home, "quarantine", "list", "--since", "2026-10-01T02:03:00+02:00")
    assert run(home, "quarantine", "list", "--since", "2026-11-01") == "nothing in quarantine that matches\n"


def test_show_gives_bytes_only_when_asked_for_them(home: Path, path: Path) -> None:
    quarantined(path, [b"\xff\x00somebody's data"])
    text = run(home, "quarantine", "show", TOPIC, "0", "0")
    assert OLD_REASON in text
    assert "somebody" not in text
    done = CliRunner().invoke(app, ["quarantine", "show", TOPIC, "0", "0", "--payload", "--home", str(home)])
    assert done.stdout_bytes == b"\xff\x00somebody's data"


def test_show_tells_what_became_of_it(home: Path, path: Path) -> None:
    quarantined(path, [GOOD, b"oops"])
    assert "decoded 2 again: 1 accepted, 1 still bad" in run(home, "quarantine", "replay")
    assert "still_bad" in run(home, "quarantine", "show", TOPIC, "0", "1")
    with pytest.raises(ConsentError, match=r"consent\.events 0 0: not in quarantine; accepted on 20"):
        run(home, "quarantine", "show", TOPIC, "0", "0")
    with pytest.raises(ConsentError, match=r"consent\.events 3 9: not in quarantine$"):
        run(home, "quarantine", "show", TOPIC, "3", "9")


def test_show_asks_which_topic_of_that_name(home: Path, path: Path) -> None:
    quarantined(path, [b"one"])
    quarantined(path, [b"two"], topic_id=UUID(int=8))
    with pytest.raises(ConsentError, match="choose one with --topic-id"):
        run(home, "quarantine", "show", TOPIC, "0", "0", "--payload")
    assert run(home, "quarantine", "show", TOPIC, "0", "0", "--payload", "--topic-id", str(UUID(int=8))) == "two"


def test_replay_prints_what_changed(home: Path, path: Path) -> None:
    quarantined(path, [GOOD, b"oops"])
    text = run(home, "quarantine", "replay", "--dry-run")
    assert "decoded 2 again: 1 would be accepted, 1 still bad" in text
    assert f"1  {OLD_REASON}  ->  would be accepted" in text
    assert f"1  {OLD_REASON}  ->  {NOT_JSON}" in text


def test_position_is_what_show_takes() -> None:
    assert str(Position("consent.events", 1, 2)) == "consent.events 1 2"


def test_verify_prints_a_line_for_each_partition_and_fails_at_the_first_hole(home: Path, path: Path) -> None:
    quarantined(path, [GOOD, b"oops", b"oops"])
    quarantined(path, [b"oops"], partition=1)
    run(home, "quarantine", "replay")
    assert run(home, "verify").splitlines()[:2] == [
        "consent.events partition 0: offsets 0 to 3, 3 = 1 events + 2 in quarantine + 0 in gaps",
        "consent.events partition 1: offsets 0 to 1, 1 = 0 events + 1 in quarantine + 0 in gaps",
    ]
    with open_warehouse(path) as connection:
        connection.execute('delete from raw.quarantine where partition = 0 and "offset" = 1')
    text = run(home, "verify", code=1)
    assert "0 in gaps  WRONG" in text
    assert "consent.events partition 0: offset 1 was consumed and is nowhere" in text
