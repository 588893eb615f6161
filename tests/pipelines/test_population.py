"""The population is reproducible, exact in number, and every event of it is one of the contract."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from pipelines.population import MINIMUM_EVENTS, Population, Record
from pipelines.population.malformed import MAKERS

END = datetime(2025, 11, 1, tzinfo=UTC)
EVENTS = 12_000
OPTIONAL = ("functionality", "performance", "marketing")


class Read:
    """A population, read to its end and split by an independent judgement of each record."""

    def __init__(self) -> None:
        self.population = Population(EVENTS, 7, END)
        self.records = list(self.population.records())
        self.planted = self.population.planted
        self.events: dict[str, dict[str, Any]] = {}
        self.malformed: list[Record] = []
        self.duplicates = 0
        for record in self.records:
            event = judged(record)
            if event is None:
                self.malformed.append(record)
            elif event["event_id"] in self.events:
                self.duplicates += 1
            else:
                self.events[event["event_id"]] = event

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.events.values() if event["kind"] == kind]


@pytest.fixture(scope="module")
def read() -> Read:
    return Read()


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def judged(record: Record) -> dict[str, Any] | None:
    """The event, or None where the record breaks the contract: written apart from the product's own decoder."""
    try:
        event = json.loads(record.value)
    except ValueError:
        return None
    if not isinstance(event, dict):
        return None
    enums: dict[str, set[str | None]] = {
        "kind": {"impression", "reopen", "decision", "dismissal", "replay", "observation"},
        "platform": {"web", "ios", "android", "desktop"},
        "action": {"accept_all", "reject_all", "save", "withdraw", None},
        "surface": {"banner", "preferences", "external", None},
        "method": {"explicit", "implied", "signal", None},
    }
    required = {
        "decision": {"action", "categories"},
        "replay": {"categories"},
        "observation": {"storage"},
    }.get(event.get("kind", ""), set())
    sound = (
        event.get("schema_version") == 1
        and all(event.get(field) in allowed for field, allowed in enums.items())
        and {"event_id", "occurred_at", "site", "subject"} | required <= event.keys()
        and re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}", event["event_id"])
        and all(re.search(r"(Z|[+-]\d\d:\d\d)$", event[field]) for field in ("occurred_at", "received_at"))
        and re.fullmatch(r"[A-Za-z0-9_-]{8,64}", event["subject"])
        and type(event.get("decision_ms", 0)) is int
        and 0 <= event.get("decision_ms", 0) <= 86_400_000
        and type(event.get("is_bot", False)) is bool
        and all(type(granted) is bool for granted in event.get("categories", {}).values())
        and all(type(item["lifetime_s"]) in (int, type(None)) for item in event.get("storage", []))
    )
    return event if sound else None


def test_same_arguments_same_bytes() -> None:
    first = list(Population(MINIMUM_EVENTS, 3, END).records())
    assert first == list(Population(MINIMUM_EVENTS, 3, END).records())
    assert first != list(Population(MINIMUM_EVENTS, 4, END).records())


def test_planted_is_known_only_after_reading() -> None:
    population = Population(MINIMUM_EVENTS, 3, END)
    next(population.records())
    with pytest.raises(RuntimeError):
        _ = population.planted


def test_arguments_are_checked() -> None:
    with pytest.raises(ValueError, match="at least 1000, came 5"):
        Population(5, 1, END)
    with pytest.raises(ValueError, match="midnight in UTC"):
        Population(5000, 1, END + timedelta(hours=1))


@pytest.mark.parametrize("events", [MINIMUM_EVENTS, 1001, 4321])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_count_is_exact(events: int, seed: int) -> None:
    population = Population(events, seed, END)
    records = list(population.records())
    assert population.planted.events == events
    assert len(records) == population.planted.records
    assert len({event["event_id"] for record in records if (event := judged(record))}) == events


def test_every_record_is_counted_once(read: Read) -> None:
    planted = read.planted
    assert len(read.events) == EVENTS == planted.events
    assert read.duplicates == planted.duplicates > 0
    assert len(read.malformed) == sum(planted.malformed.values())
    assert planted.malformed.keys() == MAKERS.keys()
    assert len(read.records) == planted.records


def test_records_come_by_time_of_receipt_and_are_keyed_by_subject(read: Read) -> None:
    assert all(a.timestamp_ms <= b.timestamp_ms for a, b in pairwise(read.records))
    assert datetime.fromtimestamp(read.records[-1].timestamp_ms / 1000, UTC) < END
    for record in read.records:
        if event := judged(record):
            assert record.key == event["subject"].encode()
            assert moment(event["received_at"]).timestamp() == pytest.approx(record.timestamp_ms / 1000)


def test_bots_skewed_clocks_and_late_events(read: Read) -> None:
    bots = skewed = late = 0
    for event in read.events.values():
        occurred, received = moment(event["occurred_at"]), moment(event["received_at"])
        bots += event.get("is_bot", False)
        wrong_clock = occurred > received + timedelta(minutes=5) or occurred < received - timedelta(days=7)
        skewed += wrong_clock
        late += not wrong_clock and received - occurred > timedelta(days=1)
    planted = read.planted
    assert (bots, skewed, late) == (planted.bots, planted.clock_skewed, planted.late)
    assert min(bots, skewed, late) > 0


def test_shares_are_plausible(read: Read) -> None:
    kinds = Counter(event["kind"] for event in read.events.values())
    assert kinds.keys() == {"impression", "reopen", "decision", "dismissal", "replay", "observation"}
    actions = Counter(event["action"] for event in read.of("decision"))
    assert actions.keys() == {"accept_all", "reject_all", "save", "withdraw"}
    assert 0.5 < actions["accept_all"] / actions.total() < 0.75
    assert {event["region"] for event in read.events.values()} == {"NO", "DE", "FR", "ES", "IT", "GB", "US-CA"}
    platforms = {(event["site"], event["platform"]) for event in read.events.values()}
    assert len(platforms) == 4 + 3
    choosing = sorted(event["decision_ms"] for event in read.of("decision") if event.get("surface") == "banner")
    assert 1500 < choosing[len(choosing) // 2] < 8000


def test_every_day_has_visitors_and_weekends_fewer(read: Read) -> None:
    days = Counter(
        moment(event["received_at"]).date()
        for event in read.of("impression")
        if moment(event["received_at"]) >= END - timedelta(days=90)
    )
    assert len(days) == 90
    weekday = [count for day, count in days.items() if day.weekday() < 5]
    weekend = [count for day, count in days.items() if day.weekday() >= 5]
    assert sum(weekend) / len(weekend) < 0.8 * sum(weekday) / len(weekday)


def test_second_banner_does_better(read: Read) -> None:
    shown: Counter[str] = Counter()
    accepted: Counter[str] = Counter()
    arms: Counter[str] = Counter()
    for event in read.events.values():
        if event.get("is_bot") or "version" not in event.get("banner", {}):
            continue
        version = event["banner"]["version"]
        shown[version] += event["kind"] == "impression"
        accepted[version] += event.get("action") == "accept_all" and event["surface"] == "banner"
        if event["kind"] == "impression" and "variant" in event["banner"]:
            arms[event["banner"]["variant"]] += 1
    assert accepted["2"] / shown["2"] > accepted["1"] / shown["1"] + 0.03
    assert arms.keys() == {"control", "per-category"}
    assert 0.8 < arms["control"] / arms["per-category"] < 1.25


def broken_rules(story: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Prompts after a refusal and storage without leave in one subject's events, in the order of receipt."""
    granted: dict[str, bool] | None = None
    for event in story:
        if event["kind"] == "decision":
            granted = event["categories"]
        if event["kind"] == "impression" and granted and not any(granted[name] for name in OPTIONAL):
            yield "reask_too_soon", event["site"], event["banner"]["id"]
        for item in event.get("storage", []):
            if item["category"] != "necessary" and granted is None:
                yield "storage_before_consent", event["site"], item["name"]
            elif item["category"] != "necessary" and not (granted or {})[item["category"]]:
                yield "storage_after_refusal_or_withdrawal", event["site"], item["name"]


def test_findings_are_only_what_was_planted(read: Read) -> None:
    stories: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in sorted(read.events.values(), key=lambda event: moment(event["received_at"])):
        if not event.get("is_bot"):
            stories[event["subject"]].append(event)
    found = Counter(finding for story in stories.values() for finding in broken_rules(story))
    expected: Counter[tuple[str, str, str]] = Counter()
    for (rule, site, _, item), occurrences in read.planted.findings.items():
        if rule in {"reask_too_soon", "storage_before_consent", "storage_after_refusal_or_withdrawal"}:
            expected[rule, site, item] += occurrences
    assert found == expected


def test_all_rules_on_events_are_planted(read: Read) -> None:
    assert {rule for rule, *_ in read.planted.findings} == {
        "consent_expired_relied_on",
        "gpc_ignored",
        "lifetime_over_cap",
        "lifetime_over_declared",
        "lifetime_sliding",
        "measurement_data_over_25m",
        "noncookie_storage_undeclared",
        "preticked_or_passive",
        "promise_local_storage_only_declared",
        "promise_only_essential_before_consent",
        "promise_opt_out_respected",
        "promise_preference_suppresses_banner",
        "promise_provider_never_for",
        "promise_reject_blocks_nonessential",
        "proof_excessive",
        "proof_incomplete",
        "proof_overretained",
        "reask_too_soon",
        "storage_after_refusal_or_withdrawal",
        "storage_before_consent",
        "tc_string_stale",
        "undeclared_cookie",
    }
