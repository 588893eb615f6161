"""The proof: every decision is a leaf of a Merkle tree whose root stands in its site's chain of blocks.

A block is sealed for each site and day (of receipt) of what has landed since the last sealing; its hash covers the
hash of the block before, so nothing can be changed, left out or put in between unnoticed. The hash of a day's last
block is the day's root. A late decision makes a further block for its day: blocks are never written again.

A leaf is SHA-256(0x00 ‖ salt ‖ record), the record being canonical JSON (RFC 8785) and the salt 16 random bytes kept
beside the leaf. Erasure deletes record and salt: the leaf that stays says nothing about the person, and the chain
still holds. That it was removed, and why, is a leaf of its own: SHA-256(0x00 ‖ "removal:" cause ":" ‖ leaf).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

import duckdb
import pyarrow as pa
import rfc8785

from consent import merkle
from consent.models import statement
from consent.signing import SigningKey
from consent.warehouse import transaction

Span = tuple[UUID, int, int, int]  # topic id, partition, first and following offset

SCHEME = 1
GENESIS = bytes(32)  # what stands for the block before a site's first
_SPANNED = 'topic_id = ? and partition = ? and "offset" >= ? and "offset" < ?'
_REPLAYED = """
    (topic_id, partition, "offset") in (
        select (topic_id, partition, "offset") from raw.replays where outcome = 'accepted'
    ) and not exists (
        from proof.leaves as leaves
        where leaves.topic_id = decisions.topic_id
        and leaves.partition = decisions.partition and leaves."offset" = decisions."offset"
    )
"""
_SPAN = 500_000  # offsets that are sealed together, so that memory stays bounded


@dataclass(frozen=True)
class Block:
    """One block of a site's chain; `day` is that of receipt, or of a removal. Times are naive UTC."""

    site: str
    block: int
    day: date
    leaves: int
    root: bytes
    previous: bytes
    sealed_at: datetime

    @property
    def header(self) -> bytes:
        """What is hashed: canonical JSON of every field, hashes in lower-case hex."""
        return rfc8785.dumps(
            {
                "block": self.block,
                "day": self.day.isoformat(),
                "leaves": self.leaves,
                "previous": self.previous.hex(),
                "root": self.root.hex(),
                "scheme": SCHEME,
                "sealed_at": f"{self.sealed_at.isoformat(timespec='microseconds')}Z",
                "site": self.site,
            }
        )

    @property
    def hash(self) -> bytes:
        """What the next block names, and what is signed: SHA-256 of the header."""
        return hashlib.sha256(self.header).digest()


@dataclass(frozen=True)
class Sealed:
    """What a sealing added."""

    decisions: int
    blocks: int


def seal(connection: duckdb.DuckDBPyConnection, key: SigningKey | None = None) -> Sealed:
    """Seal every decision that has landed since the last time, and those that left quarantine since.

    In transactions of bounded size, each of which leaves a whole chain; it may be stopped at any moment.
    """
    decisions = blocks = 0
    for spans in _spans(connection):
        connection.execute("create or replace temp table pending as " + decisions_where("false"))
        for span in spans:
            connection.execute(f"insert into pending {decisions_where(_SPANNED)}", list(span))
        sealed = _seal_pending(connection, key, spans)
        decisions, blocks = decisions + sealed.decisions, blocks + sealed.blocks
    [(replays,)] = connection.execute("select count(*) from raw.replays where outcome = 'accepted'").fetchall()
    if replays:
        connection.execute("create or replace temp table pending as " + decisions_where(_REPLAYED))
        sealed = _seal_pending(connection, key)
        decisions, blocks = decisions + sealed.decisions, blocks + sealed.blocks
    return Sealed(decisions, blocks)


def prepare_removal(connection: duckdb.DuckDBPyConnection, cause: str) -> int:
    """Find the leaves of the decisions in the temp table `removed` (topic_id, partition, offset); how many there are.

    `seal` comes before it, and `remove` after it, in the transaction that deletes the records.
    """
    connection.execute(
        "create or replace temp table fresh as "
        "select site, current_date as day, "
        "row_number() over (partition by site order by block, position) - 1 as position, "
        "unhex(sha256('\\x00'::blob || encode('removal:' || ? || ':') || leaf)) as leaf, null::blob as salt, "
        'topic_id, partition, "offset", leaf as removes, ? as cause '
        'from proof.leaves semi join removed using (topic_id, partition, "offset") where salt is not null',
        [cause, cause],
    )
    [(count,)] = connection.execute("select count(*) from fresh").fetchall()
    return int(count)


def remove(connection: duckdb.DuckDBPyConnection, key: SigningKey | None = None) -> None:
    """Delete the salts of the leaves that `prepare_removal` found, and seal each removal with its cause."""
    connection.execute(
        "update proof.leaves set salt = null from fresh where proof.leaves.salt is not null "
        "and proof.leaves.topic_id = fresh.topic_id and proof.leaves.partition = fresh.partition "
        'and proof.leaves."offset" = fresh."offset"'
    )
    _append(connection, key)


def decisions_where(condition: str) -> str:
    """The statement of the decisions and their records, of those that meet a condition of ours."""
    return f"select * from ({statement('proof.decisions').text}) as decisions where {condition}"  # noqa: S608


def _spans(connection: duckdb.DuckDBPyConnection) -> list[list[Span]]:
    """What is not sealed yet, in groups of at most _SPAN offsets."""
    groups: list[list[Span]] = []
    room = 0
    for topic_id, partition, first, following in connection.execute(statement("proof.unsealed").text).fetchall():
        start = first
        while start < following:
            if room == 0:
                groups.append([])
                room = _SPAN
            stop = min(following, start + room)
            groups[-1].append((topic_id, partition, start, stop))
            room -= stop - start
            start = stop
    return groups


def _seal_pending(connection: duckdb.DuckDBPyConnection, key: SigningKey | None, spans: Sequence[Span] = ()) -> Sealed:
    # What `fresh` reads must not be of the same transaction: `pending` was empty before it was filled (decision 25).
    # Salts come out of a secret that is forgotten at once: as good as random, and made set-wise.
    connection.execute(
        "create or replace temp table fresh as "
        "with salted as ("
        "select *, unhex(left(sha256(?::blob || encode(rowid::varchar)), 32)) as salt from pending"
        ") "
        'select site, day, row_number() over (partition by site, day order by topic_id, partition, "offset") - 1 '
        "as position, unhex(sha256('\\x00'::blob || salt || encode(record))) as leaf, salt, "
        'topic_id, partition, "offset", null::blob as removes, null::varchar as cause '
        "from salted",
        [os.urandom(32)],
    )
    with transaction(connection):
        for topic_id, partition, _, following in spans:
            connection.execute("delete from proof.sealed where topic_id = ? and partition = ?", [topic_id, partition])
            connection.execute("insert into proof.sealed values (?, ?, ?)", [topic_id, partition, following])
        return _append(connection, key)


def _append(connection: duckdb.DuckDBPyConnection, key: SigningKey | None) -> Sealed:
    """Make blocks of the temp table `fresh`, and put them at the end of their sites' chains."""
    now = datetime.now(UTC).replace(tzinfo=None)
    heads = {
        site: (last, head)
        for site, last, head in connection.execute(
            "select site, max(block), arg_max(hash, block) from proof.blocks group by site"
        ).fetchall()
    }
    made: list[Block] = []
    for site, day, leaves in connection.execute(
        "select site, day, list(leaf order by position) from fresh group by site, day order by site, day"
    ).fetchall():
        last, head = heads.get(site, (-1, GENESIS))
        block = Block(site, last + 1, day, len(leaves), merkle.root(leaves), head, now)
        heads[site] = (block.block, block.hash)
        made.append(block)
    if made:
        _store(connection, made, key)
    return Sealed(sum(block.leaves for block in made), len(made))


def _store(connection: duckdb.DuckDBPyConnection, made: Sequence[Block], key: SigningKey | None) -> None:
    if key:
        connection.execute("delete from proof.keys where key_id = ?", [key.key_id])
        connection.execute("insert into proof.keys values (?, ?)", [key.key_id, key.public])
    hashes = [block.hash for block in made]
    table = pa.table(
        {
            "site": [block.site for block in made],
            "block": pa.array([block.block for block in made], pa.int32()),
            "day": [block.day for block in made],
            "leaves": pa.array([block.leaves for block in made], pa.int32()),
            "root": [block.root for block in made],
            "previous": [block.previous for block in made],
            "hash": hashes,
            "sealed_at": pa.array([block.sealed_at for block in made], pa.timestamp("us")),
            "key_id": pa.array([key.key_id if key else None] * len(made), pa.string()),
            "signature": pa.array([key.sign(one) if key else None for one in hashes], pa.binary()),
        }
    )
    connection.register("made", table)
    try:
        connection.execute("insert into proof.blocks by name select * from made")
        connection.execute(
            "insert into proof.leaves by name "
            "select fresh.* exclude (day), made.block from fresh join made using (site, day)"
        )
    finally:
        connection.unregister("made")
