"""Each way to break the contract has its reason, and leaves the rest of the batch unharmed."""

from __future__ import annotations

import json
import math
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.contract import FIELDS, KINDS, REASONS, json_schema
from ingestion.decoder import _FEW_ROWS, Decoder, as_batch
from tests.ingestion.events import encode, event
from tests.ingestion.mutation import mutants

DECODER = Decoder()


def reasons(*values: bytes) -> list[str | None]:
    DECODER.decode(as_batch(list(values)))
    return DECODER.reasons()


def reason(value: Any) -> str | None:
    return reasons(value if isinstance(value, bytes) else encode(value))[0]


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_accepted_in_its_smallest_form(kind: str) -> None:
    assert reason(event(kind)) is None


def test_a_full_event_lands_in_its_columns() -> None:
    full = event(
        "decision",
        occurred_at="2026-10-01T14:30:00.123456+02:00",
        platform="ios",
        region="US-CA",
        language="nb-NO",
        prompt_id="p1",
        banner={"id": "main", "version": "2", "variant": "b", "layer": "1"},
        policy_version="2018-09-10",
        notice_hash="a" * 64,
        surface="preferences",
        method="signal",
        categories={"analytics": True, "x": False},
        decision_ms=86_400_000,
        signals={"gpc": True, "tc_string": "CP", "gcm": {"ad_storage": "denied"}},
        is_bot=False,
        source={"cmp": "onetrust", "version": "1"},
        something_new={"a": [1, {"b": None}]},
    )
    with Decoder() as decoder:
        decoder.decode(as_batch([encode(full)]))
        row = decoder.connection.execute("select * from decoded").fetchdf().iloc[0].to_dict()
    assert row["reason"] is None
    assert str(row["occurred_at"]) == "2026-10-01 12:30:00.123456"
    assert str(row["event_id"]) == full["event_id"]
    assert (row["platform"], row["region"], row["banner_variant"]) == ("ios", "US-CA", "b")
    assert json.loads(row["categories"]) == {"analytics": True, "x": False}
    assert json.loads(row["gcm"]) == {"ad_storage": "denied"}
    assert (row["decision_ms"], row["gpc"], row["surface"], row["method"]) == (
        86_400_000,
        True,
        "preferences",
        "signal",
    )


def test_defaults() -> None:
    with Decoder() as decoder:
        decoder.decode(as_batch([encode(event())]))
        row = decoder.connection.execute("select platform, surface, method from decoded").fetchone()
    assert row == ("web", "banner", "explicit")


BROKEN: list[tuple[str, Any]] = [
    ("not_utf8 value", b"\xff\xfe{}"),
    ("not_json value", b""),
    ("not_json value", b"\x00"),
    ("not_json value", b'{"a":1'),
    ("not_json value", b'{"a":1}{"a":1}'),
    ("not_json value", encode(event(extra=math.nan))),
    ("not_json value", encode(event(extra=[{"a": -math.inf}]))),
    ("not_json value", encode(event(banner={"id": "a", "width": math.nan}))),
    ("not_json value", encode(event("observation", storage=[{"name": "a", "size": math.nan}]))),
    ("not_json value", encode(event())[:-1] + b',"s":"\\ud800"}'),
    ("not_an_object value", b"[]"),
    ("not_an_object value", b"null"),
    ("not_an_object value", b'"text"'),
    ("not_an_object value", b"[" * 100_000 + b"]" * 100_000),
    ("duplicate_key value", encode(event())[:-1] + b',"site":"other"}'),
    ("duplicate_key value", encode(event())[:-1] + b',"new":1,"new":2}'),
    ("duplicate_key categories", encode(event("decision")).replace(b'"necessary"', b'"marketing"')),
    ("duplicate_key banner", encode(event())[:-1] + b',"banner":{"id":"a","id":"b"}}'),
    ("duplicate_key storage", encode(event("observation")).replace(b'"party":"third"', b'"name":"x"')),
    ("missing schema_version", event(schema_version=...)),
    ("unsupported_version schema_version", event(schema_version=2)),
    ("unsupported_version schema_version", event(schema_version=2**63)),
    ("unsupported_version schema_version", event(schema_version=2**64 - 1)),
    ("wrong_type schema_version", event(schema_version="1")),
    ("wrong_type schema_version", event(schema_version=1.0)),
    ("missing event_id", event(event_id=...)),
    ("bad_format event_id", event(event_id="3f2504e04f8911d39a0c0305e82c3301")),
    ("missing kind", event(kind=...)),
    ("not_allowed kind", event("decisions")),
    ("wrong_type kind", event(kind=["decision"])),
    ("bad_format occurred_at", event(occurred_at="2026-10-01T12:00:00")),
    ("bad_format occurred_at", event(occurred_at="2026-02-30T12:00:00Z")),
    ("bad_format occurred_at", event(occurred_at="yesterday")),
    ("wrong_type occurred_at", event(occurred_at=1790000000)),
    ("bad_format received_at", event(received_at="2026-10-01 12:00")),
    ("missing site", event(site=...)),
    ("out_of_range site", event(site="")),
    ("out_of_range site", event(site="x" * 254)),
    ("wrong_type site", event(site=None)),
    ("not_allowed platform", event(platform="fridge")),
    ("bad_format region", event(region="norway")),
    ("bad_format subject", event(subject="short")),
    ("bad_format subject", event(subject="anna@example.org")),
    ("wrong_type subject", event(subject=12345678)),
    ("out_of_range prompt_id", event(prompt_id="x" * 65)),
    ("wrong_type banner", event(banner="main")),
    ("wrong_type banner.version", event(banner={"version": 2})),
    ("bad_format notice_hash", event(notice_hash="abc")),
    ("missing action", event("decision", action=...)),
    ("not_allowed action", event("decision", action="accept")),
    ("missing categories", event("replay", categories=...)),
    ("wrong_type categories", event("decision", categories={"marketing": "true"})),
    ("wrong_type categories", event("decision", categories={"marketing": 1})),
    ("wrong_type categories", event("decision", categories=["marketing"])),
    ("wrong_type decision_ms", event(decision_ms="12")),
    ("wrong_type decision_ms", event(decision_ms=1.5)),
    ("wrong_type decision_ms", event(decision_ms=10**30)),
    ("out_of_range decision_ms", event(decision_ms=-1)),
    ("out_of_range decision_ms", event(decision_ms=86_400_001)),
    ("out_of_range decision_ms", event(decision_ms=2**63)),
    ("out_of_range decision_ms", event(decision_ms=2**64 - 1)),
    ("wrong_type signals.gpc", event(signals={"gpc": "1"})),
    ("wrong_type signals.gcm", event(signals={"gcm": {"ad_storage": True}})),
    ("missing storage", event("observation", storage=...)),
    ("wrong_type storage", event("observation", storage={"name": "a"})),
    ("wrong_type storage", event("observation", storage=["a"])),
    ("missing storage.name", event("observation", storage=[{"name": "a"}, {"type": "cookie"}])),
    ("wrong_type storage.name", event("observation", storage=[{"name": 1}])),
    ("not_allowed storage.type", event("observation", storage=[{"name": "a", "type": "jar"}])),
    ("wrong_type storage.lifetime_s", event("observation", storage=[{"name": "a", "lifetime_s": "60"}])),
    ("out_of_range storage.lifetime_s", event("observation", storage=[{"name": "a", "lifetime_s": -5}])),
    (
        "out_of_range storage.lifetime_s",
        event("observation", storage=[{"name": "a", "lifetime_s": 2**63}, {"name": "b", "lifetime_s": None}]),
    ),
    ("wrong_type is_bot", event(is_bot="false")),
]


@pytest.mark.parametrize(("start", "value"), BROKEN, ids=lambda value: value if isinstance(value, str) else "")
def test_a_broken_record_has_a_reason_that_names_the_field(start: str, value: Any) -> None:
    found = reason(value)
    assert found is not None
    assert found.startswith(f"{start}: expected ")
    assert found.split()[0] in REASONS


def test_a_batch_of_nothing_is_decoded_to_nothing() -> None:
    assert reasons() == []


def test_one_batch_of_everything_harms_no_good_record() -> None:
    values = [value if isinstance(value, bytes) else encode(value) for _, value in BROKEN]
    good = [encode(event(kind)) for kind in KINDS]
    assert reasons(*values, *good)[-len(good) :] == [None] * len(good)


def test_a_record_in_a_large_batch_becomes_what_it_does_in_a_small_one() -> None:
    values = list(mutants(seed=7, count=2 * _FEW_ROWS))

    def decoded(values: list[bytes]) -> list[tuple[Any, ...]]:
        DECODER.decode(as_batch(values))
        return DECODER.connection.execute('select * exclude "offset" from decoded order by "offset"').fetchall()

    assert decoded(values) == decoded(values[:1000]) + decoded(values[1000:])


def test_a_batch_without_bad_records_sets_none_aside() -> None:
    DECODER.decode(as_batch([encode(event()), b"[]"]))
    DECODER.decode(as_batch([encode(event())] * 3))
    assert DECODER.reasons() == [None] * 3
    assert DECODER.connection.execute("select count(*) from judged where reason is not null").fetchall() == [(0,)]


def test_a_bad_record_keeps_its_bytes_and_a_good_one_does_not() -> None:
    with Decoder() as decoder:
        decoder.decode(as_batch([b"\xff\x00", encode(event())]))
        rows = decoder.connection.execute('select value, site from decoded order by "offset"').fetchall()
    assert rows == [(b"\xff\x00", None), (None, "videonor")]


@pytest.mark.parametrize(
    "value",
    [
        event(storage=[]),
        event("observation", storage=[]),
        event("observation", storage=[{"name": "s", "lifetime_s": None}]),
        event(occurred_at="2026-10-01t12:00:00.5z"),
        event(subject="A-z_0" + "9" * 59),
        event(site="https://example.org//x,}NaN"),
        event("decision", categories={}),
        event(prompt_id=""),
        event(extra="x" * 10_000_000),
    ],
)
def test_the_odd_but_good_is_accepted(value: dict[str, Any]) -> None:
    assert reason(value) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
PATHS = [field.path for field in FIELDS if "." not in field.path]


@settings(max_examples=200, deadline=None)
@given(kind=st.sampled_from(KINDS), path=st.sampled_from(PATHS), value=JSON)
def test_any_value_in_any_field_is_judged_as_the_json_schema_judges(kind: str, path: str, value: Any) -> None:
    """The published schema and the decoding SQL agree, except where JSON Schema calls 1.0 an integer."""
    made = event(kind) | {path: value}
    by_schema = jsonschema.Draft202012Validator(json_schema()).is_valid(made)
    by_sql = reason(made)
    if by_schema != (by_sql is None):
        assert "." in json.dumps(value) or "e" in json.dumps(value) or path in ("occurred_at", "received_at"), by_sql


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=20))
def test_no_bytes_can_stop_a_batch(values: list[bytes]) -> None:
    found = reasons(*values, encode(event()))
    assert found[-1] is None
    assert len(found) == len(values) + 1
