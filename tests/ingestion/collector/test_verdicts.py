"""The collector's verdict beside the decoder's, on thousands of broken events and on times of every form."""

from __future__ import annotations

import json

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.contract import KINDS, REASONS
from ingestion.collector.body import parse
from ingestion.collector.judgement import Judge, trimmed
from ingestion.decoder import Decoder, as_batch
from tests.ingestion.events import event
from tests.ingestion.mutation import mutants

JUDGE = Judge()
TIMES = st.from_regex(r"\A\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})\Z")


def verdict(value: bytes) -> tuple[bytes | None, str | None]:
    """What would go to Kafka, or the reason why nothing would."""
    parsed = parse(value, 1)
    if parsed is None:
        return None, "several"
    found, reason = parsed[0]
    if reason:
        return None, reason
    kept = trimmed(found)
    reason = JUDGE.reason(kept)
    return (None, reason) if reason else (orjson.dumps(kept), None)


def reasons(values: list[bytes]) -> list[str | None]:
    with Decoder() as decoder:
        decoder.decode(as_batch(values))
        return decoder.reasons()


def test_what_it_accepts_the_decoder_accepts_and_mostly_they_say_the_same() -> None:
    values = list(mutants(seed=7, count=8_000))
    verdicts = [verdict(value) for value in values]
    accepted = [value for value, _ in verdicts if value]
    assert len(accepted) > 500
    assert [reason for reason in reasons(accepted) if reason] == []
    pairs = [(ours, theirs) for (_, ours), theirs in zip(verdicts, reasons(values), strict=True) if ours and theirs]
    assert len(pairs) > 4_000
    assert sum(ours == theirs for ours, theirs in pairs) / len(pairs) > 0.95
    assert all(ours == "several" or ours.partition(" ")[0] in REASONS for ours, _ in pairs)


@settings(max_examples=25, deadline=None)
@given(st.lists(TIMES, min_size=20, max_size=20))
def test_times_of_every_kind(times: list[str]) -> None:
    values = [json.dumps(event(occurred_at=time)).encode() for time in times]
    accepted = [kept for value in values if (kept := verdict(value)[0])]
    assert [reason for reason in reasons(accepted) if reason] == []


def test_every_edge_of_a_time() -> None:
    days = ("0001-01-01", "9999-12-31", "2024-02-29", "2023-02-29", "2026-06-30")
    clocks = ("00:00:00", "23:59:59.999999999", "23:59:60", "24:00:00", "12:60:00")
    offsets = ("Z", "z", "+14:00", "-12:00", "+15:59", "+23:59", "-23:59", "+24:00", "+12:75")
    values = [
        json.dumps(event(occurred_at=f"{day}{mark}{clock}{offset}")).encode()
        for day in days for mark in "Tt " for clock in clocks for offset in offsets
    ]  # fmt: skip
    accepted = [kept for value in values if (kept := verdict(value)[0])]
    assert len(accepted) > 50
    assert [reason for reason in reasons(accepted) if reason] == []


def test_each_kind_passes_whole() -> None:
    for kind in KINDS:
        assert verdict(json.dumps(event(kind)).encode())[1] is None


def test_keys_that_come_twice() -> None:
    text = json.dumps(event("decision", banner={"id": "a"}, storage=[{"name": "x"}]))
    for old, new, field in (
        ('"kind"', '"site": "x", "kind"', "value"),
        ('{"id": "a"}', '{"id": "a", "id": "b"}', "banner"),
        ('"marketing": false', '"marketing": false, "marketing": true', "categories"),
        ('{"name": "x"}', '{"name": "x", "name": "y"}', "storage"),
    ):
        changed = text.replace(old, new)
        assert changed != text
        assert verdict(changed.encode())[1] == f"duplicate_key {field}: expected each key once"
        assert reasons([changed.encode()]) == [f"duplicate_key {field}: expected each key once"]
