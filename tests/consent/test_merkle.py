"""Merkle trees: a leaf's path leads to the root, and the root is the one RFC 6962 defines."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from consent import merkle


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 33])
def test_paths_lead_to_the_root(count: int) -> None:
    leaves = [hashlib.sha256(bytes([place])).digest() for place in range(count)]
    root: Callable[[list[bytes]], bytes] = merkle.root
    for place, leaf in enumerate(leaves):
        assert merkle.climb(leaf, merkle.path(leaves, place)) == root(leaves) == reference_root(leaves)


def reference_root(leaves: list[bytes]) -> bytes:
    """RFC 6962, section 2.1, as it is written: split at the largest power of two below the count."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return hashlib.sha256(b"\1" + reference_root(leaves[:split]) + reference_root(leaves[split:])).digest()
