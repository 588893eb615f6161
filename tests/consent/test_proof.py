"""The proof: what was sealed can be shown, and any change to it is found and named."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import duckdb
import pytest
import rfc8785
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from consent import merkle
from consent.contract import COLUMNS
from consent.errors import SettingsError
from consent.models import statement
from consent.proof import Block, prepare_removal, remove, seal
from consent.proof_check import check
from consent.signing import SigningKey
from consent.warehouse import create_schema, in_utc, transaction

TOPIC_ID = UUID(int=7)
START = datetime(2026, 10, 1, 12)


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with in_utc(duckdb.connect()) as made:
        create_schema(made)
        yield made


def land(
    connection: duckdb.DuckDBPyConnection,
    offsets: range,
    *,
    site: str = "shop",
    at: datetime = START,
    kind: str = "decision",
) -> None:
    """Events of one partition, a minute apart, each by another subject."""
    for offset in offsets:
        connection.execute(
            'insert into raw.events (topic, topic_id, partition, "offset", kafka_timestamp, event_id, kind, '
            "received_at, occurred_at, site, subject, action, surface, method, categories) "
            "values ('consent.events', ?, 0, ?, ?, uuid(), ?, ?, ?, ?, ?, 'save', 'banner', 'explicit', ?)",
            [
                TOPIC_ID,
                offset,
                at,
                kind,
                at + timedelta(minutes=offset),
                at,
                site,
                f"subject-{offset:04}",
                '{"marketing": true}',
            ],
        )
    connection.execute("delete from raw.offsets")
    connection.execute(
        "insert into raw.offsets values ('consent.events', ?, 0, 0, ?, now()::timestamp)", [TOPIC_ID, offsets.stop]
    )


def erase(connection: duckdb.DuckDBPyConnection, *offsets: int) -> int:
    connection.execute('create or replace temp table removed (topic_id uuid, partition integer, "offset" bigint)')
    for offset in offsets:
        connection.execute("insert into removed values (?, 0, ?)", [TOPIC_ID, offset])
    gone = prepare_removal(connection, "erased")
    with transaction(connection):
        remove(connection)
        connection.execute('delete from raw.events where "offset" in (select "offset" from removed)')
    return gone


def test_each_site_and_day_has_its_blocks_and_later_ones_follow(connection: duckdb.DuckDBPyConnection) -> None:
    land(connection, range(5))
    land(connection, range(5, 7), site="other")
    land(connection, range(7, 9), kind="impression")
    assert seal(connection).decisions == 7
    assert (seal(connection).decisions, check(connection).bad) == (0, None)
    land(connection, range(9, 12), at=START + timedelta(days=1))
    land(connection, range(12, 13))  # late, for the first day
    assert seal(connection).blocks == 2
    blocks = connection.execute("select site, block, day, leaves from proof.blocks order by all").fetchall()
    assert blocks == [
        ("other", 0, date(2026, 10, 1), 2),
        ("shop", 0, date(2026, 10, 1), 5),
        ("shop", 1, date(2026, 10, 1), 1),
        ("shop", 2, date(2026, 10, 2), 3),
    ]
    proven = check(connection)
    assert (proven.bad, proven.decisions, proven.unsealed) == (None, 11, 0)


def test_a_leaf_can_be_computed_by_hand(connection: duckdb.DuckDBPyConnection) -> None:
    """As docs/proof.md says, with nothing of ours."""
    land(connection, range(3))
    seal(connection)
    leaves = connection.execute("select salt, leaf from proof.leaves order by position").fetchall()
    cursor = connection.execute("select * from raw.events order by occurred_at")
    names = [column[0] for column in cursor.description]
    for (salt, leaf), row in zip(leaves, cursor.fetchall(), strict=True):
        record = {
            name: f"{value.isoformat(timespec='microseconds')}Z"
            if isinstance(value, datetime)
            else str(value)
            if isinstance(value, UUID)
            else value
            for name, value in zip(names, row, strict=True)
        }
        assert hashlib.sha256(b"\0" + salt + rfc8785.dumps(record)).digest() == leaf
    a, b, c = (leaf for _, leaf in leaves)
    node = hashlib.sha256(b"\1" + a + b).digest()
    assert connection.execute("select root from proof.blocks").fetchall() == [
        (hashlib.sha256(b"\1" + node + c).digest(),)
    ]


@examples(max_examples=60, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=30), number=st.integers(0, 2**53 - 1))
def test_records_are_canonical_json(text: str, number: int) -> None:
    with duckdb.connect() as connection:
        columns = ", ".join(f'"{name}" {sql_type}' for name, sql_type in COLUMNS)
        connection.execute(f"create schema raw; create table raw.events ({columns})")
        connection.execute(
            "insert into raw.events (kind, site, decision_ms, kafka_timestamp) values ('decision', ?, ?, ?)",
            [text, number, START],
        )
        [(record,)] = connection.execute(f"select record from ({statement('proof.decisions').text})").fetchall()
    assert record.encode() == rfc8785.dumps(json.loads(record))
    assert json.loads(record)["site"] == text
    assert json.loads(record)["decision_ms"] == number


def test_a_record_holds_every_column() -> None:
    """A column that is added later needs a scheme of its own, or nothing proves it."""
    names = re.findall(r"^ {12}'(\w+)',", statement("proof.decisions").text, re.MULTILINE)
    assert names == sorted(name for name, _ in COLUMNS)


CHANGES: dict[str, tuple[str, str, int | None, int | None]] = {
    "an answer": ("update raw.events set categories = '{\"marketing\": false}' where offset = 4", "changed", 4, 4),
    "a time": (
        "update raw.events set occurred_at = occurred_at - interval 1 microsecond where offset = 2", "changed", 2, 2
    ),
    "its place": ('update raw.events set "offset" = 99 where "offset" = 3', "missing", 3, 3),
    "deleted": ("delete from raw.events where offset = 5", "missing", 5, 5),
    "no decision now": ("update raw.events set kind = 'impression' where offset = 1", "missing", 1, 1),
    "deleted with its salt": (
        "delete from raw.events where offset = 5; update proof.leaves set salt = null where offset = 5",
        "unexplained", 5, 5
    ),
    "deleted with its leaf": (
        "delete from raw.events where offset = 5; delete from proof.leaves where offset = 5", "leaves", None, None
    ),
    "a leaf": ("update proof.leaves set leaf = unhex(sha256('x')) where offset = 3", "changed", 3, 3),
    "leaves swapped": (
        "update proof.leaves set position = 5 - position", "leaves", None, None
    ),
    "a root": ("update proof.blocks set root = unhex(sha256('x'))", "hash", None, None),
    "a root and its hash": (
        "update proof.blocks set root = unhex(sha256('x')), hash = unhex(sha256('y')) where block = 0",
        "hash", None, None
    ),
    "a block gone": (
        "delete from proof.blocks where block = 0; delete from proof.leaves where block = 0", "order", None, None
    ),
    "a decision put in": (
        "update raw.events set kind = 'decision' where offset = 6", "inserted", None, 6
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "problem", "position", "offset"), CHANGES.values(), ids=CHANGES.keys())
def test_a_change_is_found_and_named(
    connection: duckdb.DuckDBPyConnection, change: str, problem: str, position: int | None, offset: int | None
) -> None:
    land(connection, range(6))
    land(connection, range(6, 7), kind="impression")
    seal(connection)
    land(connection, range(7, 9), at=START + timedelta(days=1))
    seal(connection)
    assert check(connection).bad is None
    connection.execute(change.replace(" offset =", ' "offset" ='))
    bad = check(connection).bad
    assert bad is not None
    assert (bad.problem, bad.position, bad.offset) == (problem, position, offset)
    assert "proof of shop, 2026-10-0" in bad.explanation
    assert "subject-" not in bad.explanation


def test_a_block_made_anew_no_longer_fits_the_next(connection: duckdb.DuckDBPyConnection) -> None:
    """Whoever changes a decision, its leaf and its block must change every block after it, and the signatures."""
    for day in range(3):
        land(connection, range(3 * day, 3 * day + 3), at=START + timedelta(days=day))
        seal(connection)
    row = connection.execute(
        "select site, block, day, leaves, root, previous, sealed_at from proof.blocks where block = 1"
    ).fetchall()[0]
    leaf = hashlib.sha256(b"forged").digest()
    connection.execute("update proof.leaves set leaf = ? where block = 1 and position = 0", [leaf])
    leaves = [
        r[0] for r in connection.execute("select leaf from proof.leaves where block = 1 order by position").fetchall()
    ]
    forged = Block(*row[:4], merkle.root(leaves), *row[5:])
    connection.execute("update proof.blocks set root = ?, hash = ? where block = 1", [forged.root, forged.hash])
    bad = check(connection).bad
    assert bad is not None
    assert (bad.problem, bad.block) == ("previous", 2)


def test_erasure_keeps_the_chain_and_leaves_no_salt(connection: duckdb.DuckDBPyConnection) -> None:
    land(connection, range(6))
    seal(connection)
    before = connection.execute("select hash from proof.blocks").fetchall()
    assert erase(connection, 2, 4) == 2
    proven = check(connection)
    assert (proven.bad, proven.removed) == (None, 2)
    assert connection.execute(
        "select count(*) from proof.leaves where salt is null and removes is null"
    ).fetchall() == [(2,)]
    assert connection.execute("select hash from proof.blocks where block = 0").fetchall() == before
    connection.execute("update proof.leaves set cause = 'purged' where cause = 'erased' and \"offset\" = 4")
    bad = check(connection).bad
    assert bad is not None
    assert (bad.problem, bad.offset) == ("removal", 4)


def test_what_a_replay_brought_back_is_sealed_and_no_stranger(connection: duckdb.DuckDBPyConnection) -> None:
    land(connection, range(3))
    connection.execute('delete from raw.events where "offset" = 1')  # it lay in quarantine
    seal(connection)
    land(connection, range(1, 2))
    land(connection, range(3, 4))
    connection.execute(
        "insert into raw.replays (topic_id, partition, \"offset\", outcome) values (?, 0, 1, 'accepted')", [TOPIC_ID]
    )
    assert check(connection).bad is None
    assert seal(connection).decisions == 2
    assert check(connection).bad is None


def key_file(path: Path) -> Path:
    key = Ed25519PrivateKey.generate()
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def test_signatures(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    old, new = (SigningKey.load(key_file(tmp_path / name)) for name in ("old.pem", "new.pem"))
    land(connection, range(2))
    seal(connection, old)
    land(connection, range(2, 4))
    seal(connection, new)
    assert check(connection, new).bad is None
    assert check(connection).signed == 2
    connection.execute("update proof.blocks set signature = null where block = 1")
    bad = check(connection, new).bad
    assert bad is not None
    assert bad.problem == "unsigned"
    connection.execute("update proof.blocks set signature = '\\x00'::blob where block = 1")
    bad = check(connection, new).bad
    assert bad is not None
    assert (bad.problem, bad.block) == ("signature", 1)


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"])
def test_a_key_that_is_none_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key.pem").write_bytes(content)
    with pytest.raises(SettingsError, match=r"CONSENT_PROOF_KEY_FILE: .*expected an Ed25519 private key"):
        SigningKey.load(tmp_path / "key.pem")
    with pytest.raises(SettingsError, match="cannot read"):
        SigningKey.load(tmp_path / "none.pem")
