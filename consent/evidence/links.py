"""What links decisions to the chain: record, salt, path to the block's root, and the blocks from there to the last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import duckdb

from consent import merkle
from consent.proof import Block, decisions_where

Position = tuple[UUID, int, int]  # topic id, partition, offset


def records(connection: duckdb.DuckDBPyConnection, positions: Iterable[Position]) -> dict[Position, str]:
    """The decisions' records, canonical JSON as the proof commits to it; positions of other events are left out."""
    query = f'select topic_id, partition, "offset", record from ({decisions_where(_at(positions))})'  # noqa: S608
    return {(topic_id, partition, offset): text for topic_id, partition, offset, text in _rows(connection, query)}


def links(connection: duckdb.DuckDBPyConnection, sealed: dict[Position, str]) -> dict[str, Any]:
    """proof.json: of each record its link, of each site its blocks from the first that is needed to the last.

    Records that no refresh has sealed yet are counted by their place (`not_sealed`).
    """
    leaves = {
        (topic_id, partition, offset): found
        for topic_id, partition, offset, *found in _rows(
            connection,
            'select topic_id, partition, "offset", site, block, position, leaf, salt from proof.leaves '  # noqa: S608
            f"where removes is null and salt is not null and ({_at(sealed)})",
        )
    }
    trees = {(site, block): _leaves(connection, site, block) for site, block, *_ in leaves.values()}
    first: dict[str, int] = {}
    for site, block in trees:
        first[site] = min(block, first.get(site, block))
    chains = {site: _chain(connection, site, block) for site, block in sorted(first.items())}
    named = {one["key_id"] for chain in chains.values() for one in chain if one["key_id"]}
    keys = _rows(connection, "select key_id, public from proof.keys order by key_id")
    return {
        "scheme": 1,
        "decisions": [
            {
                "site": site,
                "block": block,
                "position": position,
                "record": sealed[place],
                "salt": salt.hex(),
                "leaf": leaf.hex(),
                "path": [
                    {"side": side, "hash": beside.hex()} for side, beside in merkle.path(trees[site, block], position)
                ],
            }
            for place, (site, block, position, leaf, salt) in sorted(leaves.items())
        ],
        "not_sealed": [
            {"topic_id": str(topic_id), "partition": partition, "offset": offset}
            for topic_id, partition, offset in sorted(sealed.keys() - leaves.keys())
        ],
        "chains": chains,
        "keys": {key_id: public.hex() for key_id, public in keys if key_id in named},
    }


def _leaves(connection: duckdb.DuckDBPyConnection, site: str, block: int) -> list[bytes]:
    query = "select leaf from proof.leaves where site = ? and block = ? order by position"
    return [leaf for (leaf,) in connection.execute(query, [site, block]).fetchall()]


def _chain(connection: duckdb.DuckDBPyConnection, site: str, first: int) -> list[dict[str, Any]]:
    found = connection.execute(
        "select site, block, day, leaves, root, previous, sealed_at, hash, key_id, signature "
        "from proof.blocks where site = ? and block >= ? order by block",
        [site, first],
    ).fetchall()
    return [
        {
            "header": Block(*row[:7]).header.decode(),
            "hash": row[7].hex(),
            "key_id": row[8],
            "signature": row[9].hex() if row[9] else None,
        }
        for row in found
    ]


def _at(positions: Iterable[Position]) -> str:
    """A condition on these positions that DuckDB applies where it reads, before any record is written out."""
    offsets = defaultdict(list)
    for topic_id, partition, offset in positions:
        offsets[UUID(str(topic_id)), int(partition)].append(int(offset))
    return (
        " or ".join(
            f"(topic_id = '{topic_id}' and partition = {partition} and \"offset\" in ({', '.join(map(str, listed))}))"
            for (topic_id, partition), listed in offsets.items()
        )
        or "false"
    )


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[Any, ...]]:
    return connection.execute(query).fetchall()
