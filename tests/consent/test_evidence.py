"""Evidence bundles: what they hold, that a stranger can check them, and that they are the same bytes again."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from consent import finding_life, proof
from consent.errors import ConsentError
from consent.evidence import bundle
from consent.evidence.verify import problems
from consent.settings import Settings
from tests.ingestion.events import event
from tests.sql.build import build_all, warehouse

PERSON = "person-with-evidence"
TEXT = hashlib.sha256(b"May we?").hexdigest()
AS_OF = datetime(2026, 10, 2)
FILES = {"VERIFY.txt", "verify.py", "SHA256SUMS", "index.html"} | {
    f"{name}.json" for name in ("decisions", "policy", "proof", "receipts")
}


def history() -> list[dict[str, Any]]:
    listed = [event("decision", site="videonor", subject=f"somebody-{number:04}") for number in range(6)]
    for number, (action, marketing) in enumerate((("accept_all", True), ("withdraw", False))):
        listed.append(
            event(
                "decision",
                subject=PERSON,
                site="videonor",
                action=action,
                categories={"necessary": True, "marketing": marketing},
                banner={"id": "<main>", "version": "3"},
                notice_hash=TEXT,
                policy_version="2026-02",
                occurred_at=f"2026-10-01T1{number}:00:00Z",
                received_at=f"2026-10-01T1{number}:00:00Z",
            )
        )
    cookie = {"name": "_sneaky", "type": "cookie", "party": "third", "lifetime_s": 60}
    listed.append(event("observation", subject=PERSON, site="videonor", storage=[cookie]))
    listed.append(event("decision", subject=PERSON, site="other"))
    return listed


@pytest.fixture(scope="module")
def built() -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse(history(), AS_OF) as made:
        made.execute(
            'insert into raw.offsets select topic, topic_id, partition, 0, max("offset") + 1, now()::timestamp '
            "from raw.events group by all"
        )
        proof.seal(made)
        finding_life.record(made)
        build_all(made)
        yield made


@pytest.fixture
def connection(built: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """As built, whatever a test changes in it."""
    built.execute("begin")
    yield built
    built.execute("rollback")


def unpacked(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_subjects_decisions_are_shown_and_can_be_checked_by_hand(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    """As VERIFY.txt says, with nothing of ours."""
    files = unpacked(bundle(connection, settings, PERSON, "videonor"))
    assert set(files) == FILES
    decisions, told = json.loads(files["decisions.json"]), json.loads(files["proof.json"])
    assert [one["action"] for one in decisions] == ["accept_all", "withdraw"]
    assert decisions[0]["categories"] == {"necessary": True, "marketing": True}
    assert (len(told["decisions"]), told["not_sealed"]) == (2, [])
    [head] = connection.execute("select hash from proof.blocks where site = 'videonor'").fetchall()
    for link in told["decisions"]:
        reached = hashlib.sha256(b"\0" + bytes.fromhex(link["salt"]) + link["record"].encode()).digest()
        assert json.loads(link["record"])["subject"] == PERSON
        assert len(link["path"]) == 3
        for step in link["path"]:
            beside = bytes.fromhex(step["hash"])
            pair = beside + reached if step["side"] == "left" else reached + beside
            reached = hashlib.sha256(b"\1" + pair).digest()
        [block] = told["chains"]["videonor"]
        assert json.loads(block["header"])["root"] == reached.hex()
        assert hashlib.sha256(block["header"].encode()).digest() == head[0]
    [document] = json.loads(files["receipts.json"])
    assert [one["record_id"] for one in document["receipts"]] == [one["event_id"] for one in decisions]
    assert list(json.loads(files["policy.json"])["videonor"]["texts_by_sha256"]) == [TEXT]
    assert b"somebody-" not in b"".join(files.values())
    for line in files["SHA256SUMS"].decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(files[name]).hexdigest() == digest


def test_the_page_needs_nothing_from_elsewhere(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    page = unpacked(bundle(connection, settings, PERSON))["index.html"].decode()
    assert page.count("<h2>Decision ") == 3
    for told in (TEXT, "2026-02", "marketing: no", "&lt;main&gt; 3", "partition 0, offset 2"):
        assert told in page
    for outside in ("<script", "<link", "<img", "http:", "https:", "@import", "url("):
        assert outside not in page


def test_the_bundles_own_check_runs_without_us_and_finds_each_changed_byte(
    connection: duckdb.DuckDBPyConnection, settings: Settings, tmp_path: Path
) -> None:
    files = unpacked(bundle(connection, settings, PERSON))
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    script = [sys.executable, "-I", "-S", str(tmp_path / "verify.py")]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "everything holds\n")
    for name in sorted(FILES - {"SHA256SUMS"}):
        place = len(files[name]) // 2
        changed = files[name][:place] + bytes([files[name][place] ^ 1]) + files[name][place + 1 :]
        assert any(name in told for told in problems((files | {name: changed}).__getitem__)), name


@pytest.mark.parametrize(
    ("name", "before", "after", "told"),
    [
        ("decisions.json", '"action": "withdraw"', '"action": "accept_all"', "shows another"),
        ("proof.json", '\\"action\\":\\"withdraw\\"', '\\"action\\":\\"save\\"', "not that of its record"),
        ("proof.json", '"side": "left"', '"side": "right"', "does not lead to the root"),
        ("proof.json", '\\"leaves\\":8', '\\"leaves\\":7', "not that of its header"),
        ("proof.json", '"chains"', '"chain"', "not as bundled"),
    ],
)
def test_a_forgery_with_sums_made_anew_is_found_too(
    connection: duckdb.DuckDBPyConnection, settings: Settings, name: str, before: str, after: str, told: str
) -> None:
    files = unpacked(bundle(connection, settings, PERSON, "videonor"))
    forged = files[name].decode().replace(before, after, 1).encode()
    assert forged != files[name]
    sums = files["SHA256SUMS"].decode()
    sums = sums.replace(hashlib.sha256(files[name]).hexdigest(), hashlib.sha256(forged).hexdigest())
    found = problems((files | {name: forged, "SHA256SUMS": sums.encode()}).__getitem__)
    assert any(told in one for one in found), found


def test_the_same_as_of_gives_the_same_bytes(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    assert bundle(connection, settings, PERSON) == bundle(connection, settings, PERSON)


def test_a_finding_leads_to_its_rule_history_and_events(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    [(finding_id,)] = connection.execute(
        "select finding_id from marts.findings where rule_id = 'storage_after_refusal_or_withdrawal' or "
        "(rule_id = 'undeclared_cookie' and item like '%_sneaky%') order by rule_id desc limit 1"
    ).fetchall()
    content = bundle(connection, settings, finding_id[:12])
    assert content == bundle(connection, settings, finding_id)
    files = unpacked(content)
    assert set(files) == FILES | {"finding.json", "events.json"}
    told = json.loads(files["finding.json"])
    assert told["finding"]["finding_id"] == finding_id
    assert told["as_of"] == "2026-10-02T00:00:00Z"
    assert told["rule"][0]["rule_id"] == "undeclared_cookie"
    assert told["rule"][0]["citation"]
    assert [row["event"] for row in told["history"]] == ["opened"]
    [seen] = json.loads(files["events.json"])
    [place] = json.loads(told["finding"]["evidence"])
    assert {name: seen[name] for name in place} == place
    assert seen["storage"][0]["name"] == "_sneaky"
    assert "_sneaky" in files["index.html"].decode()
    assert problems(files.__getitem__) == []


@pytest.mark.parametrize("unknown", ["nobody-of-that-name", "abc", "f" * 32])
def test_what_is_unknown_gets_one_line_that_does_not_repeat_it(
    connection: duckdb.DuckDBPyConnection, settings: Settings, unknown: str
) -> None:
    with pytest.raises(ConsentError, match="no decision of such a subject, and no finding") as error:
        bundle(connection, settings, unknown)
    assert unknown not in str(error.value)
    assert "\n" not in str(error.value)


def test_a_proof_that_does_not_hold_is_not_handed_out(
    connection: duckdb.DuckDBPyConnection, settings: Settings
) -> None:
    connection.execute("update raw.events set action = 'save' where action = 'withdraw'")
    with pytest.raises(ConsentError, match="`consent verify` names what is wrong"):
        bundle(connection, settings, PERSON)


def test_what_is_not_sealed_yet_is_shown_as_such(connection: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    connection.execute("delete from proof.leaves; delete from proof.blocks")
    told = json.loads(unpacked(bundle(connection, settings, PERSON))["proof.json"])
    assert (len(told["not_sealed"]), told["decisions"], told["chains"]) == (3, [], {})
