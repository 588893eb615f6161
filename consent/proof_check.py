"""Checking the proof: every block's hash, its link to the one before, its root, its leaves, and their records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import duckdb

from consent import merkle
from consent.models import statement
from consent.proof import GENESIS, Block, decisions_where
from consent.signing import SigningKey, is_signed, key_id

_LEAVES_AT_ONCE = 500_000
_PROBLEMS = {
    "changed": "the decision is not the one that was sealed",
    "missing": "the decision that was sealed is gone, and no erasure or purge removed it",
    "unexplained": "the decision and its salt are gone, and their removal was never sealed",
    "removal": "the removal noted there is not the one that was sealed",
    "inserted": "the decision was put among sealed ones later",
    "leaves": "its leaves are not those its root was made of",
    "hash": "the block is not the one that was sealed",
    "order": "blocks are missing or out of order",
    "previous": "the block does not follow from the one before",
    "signature": "the signature is not that of the key it names",
    "unsigned": "a key signs, the block before is signed, and this one is not",
}


@dataclass(frozen=True)
class BadLink:
    """The first thing that is wrong; `position` is the leaf's in its block, the rest says where the record lay."""

    problem: str
    site: str
    day: date
    block: int | None = None
    position: int | None = None
    topic_id: UUID | None = None
    partition: int | None = None
    offset: int | None = None

    @property
    def explanation(self) -> str:
        """In words, with site, day, block, position and offset."""
        place = "" if self.block is None else f", block {self.block}"
        leaf = "" if self.position is None else f", position {self.position}"
        record = "" if self.offset is None else f" (partition {self.partition} offset {self.offset})"
        return f"proof of {self.site}, {self.day}{place}{leaf}{record}: {_PROBLEMS[self.problem]}"


@dataclass(frozen=True)
class Proven:
    """What was checked; `bad` is the first bad link, None where everything holds."""

    blocks: int
    decisions: int
    removed: int
    signed: int
    unsealed: int
    bad: BadLink | None


def check(connection: duckdb.DuckDBPyConnection, key: SigningKey | None = None) -> Proven:
    """Check the whole proof against the records. With a key, signatures must be its own or of a key it replaced.

    Reads only (temporary tables aside), in memory bounded by the blocks' size. Changed: a record differs from its
    leaf; missing: it is gone; inserted: it was not there when its offsets were sealed.
    """
    chain = _blocks(connection)
    bad = _bad_chain(chain, dict(connection.execute("select key_id, public from proof.keys").fetchall()), key)
    bad = bad or _bad_leaves(connection, [block for block, *_ in chain]) or _stranger(connection)
    [(decisions, removed)] = connection.execute(
        "select count(*) filter (where removes is null), count(*) filter (where removes is not null) from proof.leaves"
    ).fetchall()
    return Proven(
        len(chain),
        decisions,
        removed,
        sum(signature is not None for _, _, _, signature in chain),
        _unsealed(connection),
        bad,
    )


_Chained = tuple[Block, bytes, str | None, bytes | None]


def _blocks(connection: duckdb.DuckDBPyConnection) -> list[_Chained]:
    rows = connection.execute(
        "select site, block, day, leaves, root, previous, sealed_at, hash, key_id, signature "
        "from proof.blocks order by site, block"
    ).fetchall()
    return [(Block(*row[:7]), *row[7:]) for row in rows]


def _bad_chain(chain: list[_Chained], keys: dict[str, bytes], key: SigningKey | None) -> BadLink | None:
    before: Block | None = None
    was_signed = False
    for block, stored, named, signature in chain:
        if before is None or before.site != block.site:
            expected, previous, was_signed = 0, GENESIS, False
        else:
            expected, previous = before.block + 1, before.hash
        problem = None
        if block.block != expected:
            problem = "order"
        elif block.previous != previous:
            problem = "previous"
        elif block.hash != stored:
            problem = "hash"
        elif signature is not None:
            public = key.public if key and named == key.key_id else keys.get(named or "")
            if public is None or key_id(public) != named or not is_signed(public, signature, stored):
                problem = "signature"
        elif key and was_signed:
            problem = "unsigned"
        if problem:
            return BadLink(problem, block.site, block.day, block.block)
        before, was_signed = block, signature is not None
    return None


def _bad_leaves(connection: duckdb.DuckDBPyConnection, blocks: list[Block]) -> BadLink | None:
    days = {(block.site, block.block): block.day for block in blocks}
    for group in _groups(blocks):
        _take(connection, group)
        stored = {
            (site, number): (leaves, positions)
            for site, number, leaves, positions in connection.execute(
                "select site, block, list(leaf order by position), list(position order by position) "
                "from checked group by all"
            ).fetchall()
        }
        found: list[tuple[Any, ...]] = [
            (block.site, block.block, -1, None, None, None, "leaves")
            for block in group
            if not _holds(block, *stored.pop((block.site, block.block), ([], [])))
        ]
        found += connection.execute(statement("proof.bad_leaves").text).fetchall()[:1]
        if found:  # a changed record says more than its block's root
            site, number, position, topic_id, partition, offset, problem = min(
                found, key=lambda row: (row[0], row[1], row[6] == "leaves")
            )
            day = days[site, number]
            return BadLink(problem, site, day, number, None if position < 0 else position, topic_id, partition, offset)
    rows = connection.execute(
        "select site, min(block) from proof.leaves anti join proof.blocks using (site, block) "
        "group by site order by site"
    ).fetchall()
    for site, number in rows:
        return BadLink("order", site, max((b.day for b in blocks if b.site == site), default=date.min), number)
    return None


def _holds(block: Block, leaves: list[bytes], positions: list[int]) -> bool:
    return (
        len(leaves) == block.leaves
        and positions == list(range(block.leaves))
        and all(leaf is not None for leaf in leaves)
        and merkle.root(leaves) == block.root
    )


def _take(connection: duckdb.DuckDBPyConnection, group: list[Block]) -> None:
    """Fill `checked` with the leaves of these blocks and `records` with the decisions they stand for."""
    connection.execute("create or replace temp table wanted (site varchar, block integer)")
    values = ", ".join(["(?, ?)"] * len(group))
    flat = [value for block in group for value in (block.site, block.block)]
    connection.execute(f"insert into wanted values {values}", flat)  # noqa: S608
    connection.execute(
        "create or replace temp table checked as select leaves.* from proof.leaves as leaves "
        "semi join wanted using (site, block)"
    )
    connection.execute(
        'create or replace temp table records (topic_id uuid, partition integer, "offset" bigint, record varchar)'
    )
    decisions = decisions_where('topic_id = ? and partition = ? and "offset" between ? and ?')
    for topic_id, partition, first, last in connection.execute(
        'select topic_id, partition, min("offset"), max("offset") from checked where salt is not null group by all'
    ).fetchall():
        insert = f'insert into records select topic_id, partition, "offset", record from ({decisions})'  # noqa: S608
        connection.execute(insert, [topic_id, partition, first, last])


def _groups(blocks: list[Block]) -> Iterator[list[Block]]:
    """Blocks in the order in which they were sealed, a bounded number of leaves at a time."""
    group: list[Block] = []
    leaves = 0
    for block in sorted(blocks, key=lambda block: (block.sealed_at, block.site, block.block)):
        if group and leaves + block.leaves > _LEAVES_AT_ONCE:
            yield group
            group, leaves = [], 0
        group.append(block)
        leaves += block.leaves
    if group:
        yield group


def _stranger(connection: duckdb.DuckDBPyConnection) -> BadLink | None:
    for site, day, topic_id, partition, offset in connection.execute(statement("proof.strangers").text).fetchall():
        return BadLink("inserted", site, day, None, None, topic_id, partition, offset)
    return None


def _unsealed(connection: duckdb.DuckDBPyConnection) -> int:
    """Offsets that have landed since the last sealing."""
    rows = connection.execute(statement("proof.unsealed").text).fetchall()
    return sum(following - first for _, _, first, following in rows)
