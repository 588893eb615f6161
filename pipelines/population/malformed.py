"""Records that are no events of the contract: one maker for each way to be wrong."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from pipelines.population.devices import World, iso
from pipelines.population.sites import CP_APP
from pipelines.population.visitors import Visitors


def _edited(**changes: Any) -> Callable[[dict[str, Any]], bytes]:
    def make(event: dict[str, Any]) -> bytes:
        return json.dumps(event | changes, separators=(",", ":")).encode()

    return make


def _without(field: str) -> Callable[[dict[str, Any]], bytes]:
    def make(event: dict[str, Any]) -> bytes:
        return json.dumps({k: v for k, v in event.items() if k != field}, separators=(",", ":")).encode()

    return make


def _cut_short(event: dict[str, Any]) -> bytes:
    text = json.dumps(event, separators=(",", ":")).encode()
    return text[: len(text) * 2 // 3]


def _latin_1(event: dict[str, Any]) -> bytes:
    return json.dumps(event | {"notice": "Måløy"}, separators=(",", ":"), ensure_ascii=False).encode("latin-1")


def _local_time(event: dict[str, Any]) -> bytes:
    return _edited(occurred_at=event["occurred_at"].rstrip("Z"))(event)


def _in_a_list(event: dict[str, Any]) -> bytes:
    return json.dumps([event], separators=(",", ":")).encode()


# What each reason of the decoder must begin with, up to its colon: code (of `consent.contract.REASONS`) and field.
MAKERS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "not_json value": _cut_short,
    "not_utf8 value": _latin_1,
    "not_an_object value": _in_a_list,
    "missing site": _without("site"),
    "missing categories": _without("categories"),
    "wrong_type decision_ms": _edited(decision_ms="1200"),
    "wrong_type is_bot": _edited(is_bot="no"),
    "not_allowed action": _edited(action="accept"),
    "bad_format occurred_at": _local_time,
    "unsupported_version schema_version": _edited(schema_version=2),
    "out_of_range decision_ms": _edited(decision_ms=-1),
}


def write(world: World, visitors: Visitors, count: int) -> Counter[str]:
    """Write `count` malformed records, each kind in turn, spread over the period; returns how many of each kind."""
    rng, timeline = world.rng, world.timeline
    days = (timeline.end_ms - timeline.start_ms) // 86_400_000
    kinds = list(MAKERS)
    made: Counter[str] = Counter()
    for number in range(count):
        at = visitors.moment(int(rng.random() * days))
        key = f"{rng.getrandbits(80):020x}"
        event = {
            "schema_version": 1,
            "event_id": next(world.ids),
            "kind": "decision",
            "occurred_at": iso(at - 400),
            "received_at": iso(at),
            "site": CP_APP.name,
            "platform": "web",
            "region": "NO",
            "language": "nb",
            "subject": key,
            "action": "reject_all",
            "categories": {"necessary": True, "functionality": False, "performance": False, "marketing": False},
            "decision_ms": 4100,
        }
        kind = kinds[number % len(kinds)]
        # Whoever sends no JSON often sends no key either.
        timeline.add(at, None if kind == "not_json value" else key, MAKERS[kind](event))
        made[kind] += 1
    return made
