"""Each file of cases/ gives payloads of one format, and the events (the fields named) or the reason they must make."""

from __future__ import annotations

import io
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.contract import json_schema
from consent.errors import ConsentError
from ingestion.adapters import FORMATS, format_of
from ingestion.adapters.native import Told
from ingestion.translate import Translated, translate

CASES = Path(__file__).parent / "cases"
BY_FORMAT: dict[str, list[dict[str, Any]]] = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(CASES.glob("*.yaml"))
}
EVERY = [pytest.param(name, case, id=f"{name}: {case['about']}") for name, cases in BY_FORMAT.items() for case in cases]
SECRETS = ("made-up", "person.example", "203.0.113.9", "secret", "some browser")
VALID = jsonschema.Draft202012Validator(json_schema())


def told_of(case: dict[str, Any]) -> Told:
    told = dict(case.get("told", {}))
    if "occurred_at" in told:
        told["occurred_at"] = datetime.fromisoformat(told["occurred_at"])
    return Told(**(told | {"declared": tuple(told.get("declared", ()))}))


def payload_of(case: dict[str, Any]) -> bytes:
    if "csv" in case:
        return str(case["csv"]).encode()
    payload = case["payload"]
    return (payload if isinstance(payload, str) else json.dumps(payload)).encode()


def translated(name: str, case: dict[str, Any]) -> list[Translated]:
    return list(translate(io.BytesIO(payload_of(case)), format_of(name), told_of(case)))


@pytest.mark.parametrize(("name", "case"), EVERY)
def test_a_payload_becomes_what_its_case_says(name: str, case: dict[str, Any]) -> None:
    found = translated(name, case)
    events = [event for one in found for event in one.events]
    expected = case.get("expect", [])
    assert [
        {field: event.get(field) for field in want} for event, want in zip(events, expected, strict=False)
    ] == expected
    assert len(events) == len(expected), events
    reasons = [one.reason for one in found if one.reason]
    assert [reason.startswith(case["reason"]) for reason in reasons] == [True] if "reason" in case else reasons == []
    for event in events:
        VALID.validate(event)
        assert not [secret for secret in SECRETS if secret in json.dumps(event)]
    for reason in reasons:
        assert ": " in reason
        assert not [secret for secret in SECRETS if secret in reason]


@pytest.mark.parametrize(("name", "case"), EVERY)
def test_sent_again_it_is_the_same_event(name: str, case: dict[str, Any]) -> None:
    first, second = translated(name, case), translated(name, case)
    assert first == second
    ids = [event["event_id"] for one in first for event in one.events]
    assert len(set(ids)) == len(ids)


def test_every_format_has_cases_that_are_understood_and_that_are_not() -> None:
    assert set(BY_FORMAT) == set(FORMATS)
    for name, cases in BY_FORMAT.items():
        assert any("expect" in case for case in cases), name
        assert any("reason" in case for case in cases), name
    kinds = {want["kind"] for cases in BY_FORMAT.values() for case in cases for want in case.get("expect", [])}
    assert kinds == {"impression", "decision", "replay", "reopen", "observation"}  # no payload tells a dismissal


def test_the_same_choice_seen_in_many_cookies_is_one_event() -> None:
    """OneTrust rewrites its cookie on every page; the choice in it stays the one that it is."""
    cookie = BY_FORMAT["onetrust"][0]["payload"]
    later = cookie.replace("Mon+Sep+01", "Tue+Sep+02")
    changed = cookie.replace("interactionCount=1", "interactionCount=2")
    lines = "\n".join([cookie, later, changed]).encode()
    ids = [one.events[0]["event_id"] for one in translate(io.BytesIO(lines), format_of("onetrust"), Told(site="shop"))]
    assert ids[0] == ids[1] != ids[2]


def test_an_envelope_tells_more_of_one_payload() -> None:
    lines = [
        {
            "payload": "CookieConsent=0",
            "subject": "visitor-1",
            "occurred_at": "2026-03-01T09:00:00+01:00",
            "region": "SE",
        },
        {"payload": "CookieConsent=0", "subject": "visitor-2", "occurred_at": "yesterday"},
        {"payload": "CookieConsent=0", "subject": 7},
        {"payload": "CookieConsent=0", "kind": "impression"},
        {"payload": "CookieConsent=0", "surprise": 1},
    ]
    text = "\n\n".join(map(json.dumps, lines)).encode()
    found = list(translate(io.BytesIO(text), format_of("cookiebot"), Told(site="shop", region="NO")))
    assert [one.number for one in found] == [1, 3, 5, 7, 9]
    first = found[0].events[0]
    assert (first["subject"], first["region"], first["occurred_at"]) == ("visitor-1", "SE", "2026-03-01T08:00:00Z")
    assert [one.reason and one.reason.partition(":")[0] for one in found[1:]] == [
        "bad_format occurred_at", "wrong_type subject", "not_allowed kind", "not_allowed envelope"
    ]  # fmt: skip


def test_an_unknown_format_is_named_with_those_there_are() -> None:
    with pytest.raises(ConsentError, match=r"expected canonical, onetrust, .*evidence-collector; came 'trustarc'"):
        format_of("trustarc")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("name", FORMATS)
@given(data=st.data())
@settings(max_examples=60)
def test_noise_is_translated_or_set_aside_and_ends_nothing(name: str, data: st.DataObject) -> None:
    """Noise, and real payloads with one part of them replaced by noise."""
    case = data.draw(st.sampled_from(BY_FORMAT[name]))
    whole = payload_of(case)
    noise = data.draw(st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode()))
    start = data.draw(st.integers(0, len(whole)))
    damaged = data.draw(
        st.sampled_from(
            [noise, whole[:start], whole[:start] + noise + whole[start + len(noise) :], replaced(data, case)]
        )
    )
    for one in translate(io.BytesIO(damaged), format_of(name), Told(site="shop", subject="visitor-17")):
        assert one.reason is None or one.events == []


def replaced(data: st.DataObject, case: dict[str, Any]) -> bytes:
    """The case's payload with the value under one key replaced."""
    payload = json.loads(json.dumps(case.get("payload")))
    places: list[tuple[Any, Any]] = []

    def walk(value: Any) -> None:
        for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
            places.append((value, key))
            walk(value[key])

    walk(payload)
    if places:
        holder, key = data.draw(st.sampled_from(places))
        holder[key] = data.draw(JSON)
    return (payload if isinstance(payload, str) else json.dumps(payload)).encode()
