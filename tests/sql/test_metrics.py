"""The SQL's metrics against the plain-Python reference, over random histories."""

from __future__ import annotations

import random
import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.sql import behaviour, reference
from tests.sql.build import PARTITIONS, build_all, rows, warehouse

AS_OF = datetime(2026, 10, 8)
START = datetime(2026, 10, 1)
KINDS = ["impression"] * 5 + ["decision"] * 4 + ["dismissal", "reopen", "replay", "observation"]
NAMES = ["necessary", "marketing", "ads", "analytics", "performance", "functional", "social", "essential"]


def iso(time: datetime) -> str:
    return time.isoformat() + "Z"


def history(chance: random.Random, count: int) -> list[dict[str, Any]]:
    """Events with missing dimensions, late, duplicate, skewed and bot ones, over a few days and subjects."""
    made: list[dict[str, Any]] = []
    for _ in range(count):
        if made and chance.random() < 0.05:
            made.append(dict(chance.choice(made)))
            if chance.random() < 0.5:
                later = reference.moment(made[-1]["received_at"]) + timedelta(seconds=chance.randrange(90_000))
                made[-1]["received_at"] = iso(later)
            continue
        made.append(_event(chance))
    for place, event in enumerate(made):
        event |= {"partition": place % PARTITIONS, "offset": place // PARTITIONS}
    return made


def _event(chance: random.Random) -> dict[str, Any]:
    received = START + timedelta(seconds=chance.randrange(8 * 86_400))
    delay = chance.choice([0, 1, 60, 3600, 90_000, -200, -400, 600_000, 700_000])
    event: dict[str, Any] = {
        "schema_version": 1,
        "event_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "kind": chance.choice(KINDS),
        "occurred_at": iso(received - timedelta(seconds=delay)),
        "received_at": iso(received),
        "site": chance.choice(["videonor", "cp-app", "unknown.example"]),
        "subject": f"subject-{chance.randrange(12):04}",
    }
    if chance.random() < 0.5:
        event["platform"] = chance.choice(["web", "ios"])
    if chance.random() < 0.5:
        event["region"] = chance.choice(["NO", "US-CA", "FR", "XX"])
    if chance.random() < 0.6:
        event["banner"] = {"id": "main"} | ({"variant": chance.choice("ab")} if chance.random() < 0.5 else {})
        event["banner"] |= {"layer": chance.choice("12")} if chance.random() < 0.5 else {}
    if chance.random() < 0.1:
        event["is_bot"] = chance.random() < 0.7
    if event["kind"] in ("decision", "replay"):
        event["categories"] = {name: chance.random() < 0.5 for name in chance.sample(NAMES, chance.randrange(5))}
    if event["kind"] == "decision":
        event["action"] = chance.choice(["accept_all", "reject_all", "save", "withdraw"])
        if chance.random() < 0.5:
            event["surface"] = chance.choice(["banner", "preferences", "external"])
        if chance.random() < 0.7:
            event["decision_ms"] = chance.randrange(60_000)
    if event["kind"] == "observation":
        event["storage"] = [
            {"name": name, "category": chance.choice(NAMES), "lifetime_s": chance.choice([60, 40_000_000])}
            for name in chance.sample(["_ads", "_ga", "basket"], chance.randrange(3))
        ]
    return event


RELATIONS = {
    "prompts_daily": (7, reference.prompts_daily),
    "opt_in_daily": (8, reference.opt_in_daily),
    "data_quality_daily": (2, reference.data_quality_daily),
    "prompts_hourly": (7, behaviour.prompts_hourly),
    "opt_in_hourly": (8, behaviour.opt_in_hourly),
    "funnel_daily": (8, behaviour.funnel_daily),
    "reach_daily": (5, behaviour.reach_daily),
    "coverage_daily": (5, behaviour.coverage_daily),
    "changes_daily": (2, behaviour.changes_daily),
    "consent_decay": (4, behaviour.consent_decay),
    "data_quality_issues": (4, behaviour.data_quality_issues),
}


@pytest.mark.parametrize("seed", range(8))
def test_every_metric_equals_the_reference(seed: int) -> None:
    chance = random.Random(seed)
    events = history(chance, 400)
    as_of = AS_OF if seed % 2 else START + timedelta(days=4, seconds=chance.randrange(86_400))
    with warehouse(events, as_of) as connection:
        for relation, (keys, function) in RELATIONS.items():
            expected = function(events, as_of)
            found = {}
            for row in rows(connection, f"select * from marts.{relation}"):
                values = list(row.items())
                found[tuple(value for _, value in values[:keys])] = dict(values[keys:])
            assert found.keys() == expected.keys(), relation
            for key, value in expected.items():
                about = {name: one if isinstance(one, date) else pytest.approx(one) for name, one in value.items()}
                assert found[key] == about, (relation, key)


def test_building_twice_gives_the_same() -> None:
    with warehouse(history(random.Random(99), 300), AS_OF) as connection:
        before = rows(connection, "select * from marts.opt_in_daily order by all")
        build_all(connection)
        assert rows(connection, "select * from marts.opt_in_daily order by all") == before


def test_what_came_after_the_as_of_time_does_not_count() -> None:
    events = history(random.Random(5), 300)
    as_of = START + timedelta(days=3)
    earlier = [event for event in events if reference.moment(event["received_at"]) <= as_of]
    results = []
    for given in (events, earlier):
        with warehouse(given, as_of) as connection:
            marts = ("opt_in_daily", "prompts_daily", "consent_current")
            results.append([rows(connection, f"select * from marts.{mart} order by all") for mart in marts])
    assert len(earlier) < len(events)
    # Offsets differ where fewer records were sent, and nothing of these relations depends on them but ties.
    assert results[0][:2] == results[1][:2]
