"""Merkle trees as RFC 6962, section 2.1, defines them: leaf SHA-256(0x00 ‖ data), node SHA-256(0x01 ‖ left ‖ right)."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Literal

Step = tuple[Literal["left", "right"], bytes]


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over the hashes of one leaf or more."""
    level = leaves
    while len(level) > 1:
        level = _above(level)
    return level[0]


def path(leaves: Sequence[bytes], position: int) -> list[Step]:
    """The sibling hashes from the leaf at `position` up to the root, each with the side it stands on."""
    steps: list[Step] = []
    level = leaves
    while len(level) > 1:
        sibling = position ^ 1
        if sibling < len(level):
            steps.append(("right" if sibling > position else "left", level[sibling]))
        level, position = _above(level), position // 2
    return steps


def climb(leaf: bytes, steps: Sequence[Step]) -> bytes:
    """The root that a leaf's path leads to."""
    reached = leaf
    for side, sibling in steps:
        reached = sha256(b"\x01" + (sibling + reached if side == "left" else reached + sibling)).digest()
    return reached


def _above(level: Sequence[bytes]) -> list[bytes]:
    nodes = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
    if len(level) % 2:
        nodes.append(level[-1])
    return nodes
