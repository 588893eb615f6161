"""Seeded mutations of good events: of bytes and of structure."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

from consent.contract import KINDS
from tests.ingestion.events import encode, event

_PIECES = (b'"', b"\\", b"{", b"}", b"[", b"]", b":", b",", b"\x00", b"\xff", b"\xed\xa0\x80", b"NaN", b"1e999", b"-0",
           b"null", b"\\ud800", b"\\u0000", b"/*", b"0x1", b'{"a":' * 50, b"[" * 200)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, 0, -1, 2**63, 10**40, 1.5, "", "x", "x" * 300, "\x00", "\U0001f36a", [], {}, [None], {"": {}}, [[[[]]]],
    {"a": 1}, "2026-13-45T99:99:99Z", "2026-10-01T12:00:00+14:00", "NO", "no", "decision", float("nan"), float("inf"),
)  # fmt: skip


def mutants(seed: int, count: int) -> Iterator[bytes]:
    """Records that are broken in one to four places, or by luck still good."""
    chance = random.Random(seed)
    full = [full_event(kind) for kind in KINDS]
    for _ in range(count):
        if chance.random() < 0.5:
            yield _bytes(chance, encode(chance.choice(full)))
        else:
            yield _structure(chance, json.loads(json.dumps(chance.choice(full))))


def full_event(kind: str) -> dict[str, Any]:
    """A good event of a kind with nearly every field."""
    return event(
        kind,
        event_id="3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        region="NO",
        banner={"id": "main", "version": "2", "variant": "a", "layer": "1"},
        signals={"gpc": True, "gcm": {"ad_storage": "denied"}},
        categories={"necessary": True, "marketing": False},
        action="save",
        decision_ms=1200,
        storage=[{"name": "NID", "type": "cookie", "party": "third", "lifetime_s": 60}],
        source={"cmp": "own", "version": "1"},
    )


def _bytes(chance: random.Random, value: bytes) -> bytes:
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(value) + 1)
        kind = chance.randrange(4)
        if kind == 0:
            value = value[:at] + bytes([chance.randrange(256)]) + value[at + 1 :]
        elif kind == 1:
            value = value[:at] + chance.choice(_PIECES) + value[at:]
        elif kind == 2:
            value = value[:at] + value[at + chance.randint(1, 40) :]
        else:
            other = chance.randrange(len(value) + 1)
            value = value[:at] + value[other : other + 60] + value[at:]
    return value


def _structure(chance: random.Random, value: dict[str, Any]) -> bytes:
    for _ in range(chance.randint(1, 3)):
        inside = [value, *(part for part in value.values() if isinstance(part, dict))]
        inside += (
            [item for item in value.get("storage") or [] if isinstance(item, dict)]
            if isinstance(value.get("storage"), list)
            else []
        )
        target = chance.choice(inside)
        name = chance.choice([*target, "new"]) if target else "new"
        if chance.random() < 0.2:
            target.pop(name, None)
        else:
            target[name] = deepcopy(chance.choice(_VALUES))
    return json.dumps(value).encode()
