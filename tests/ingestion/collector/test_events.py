"""What goes in by HTTP comes out of Kafka: judged, completed, and nothing else."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.ingestion.collector.conftest import Collecting
from tests.ingestion.events import encode, event

Arrived = Callable[[], list[dict[str, Any]]]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"


@pytest.mark.parametrize("kind", ["application/json", "application/x-ndjson", "text/plain;charset=UTF-8"])
@pytest.mark.parametrize("form", ["one", "array", "lines"])
def test_one_an_array_or_lines_under_any_name(collecting: Collecting, arrived: Arrived, kind: str, form: str) -> None:
    sent = [event("decision") for _ in range(1 if form == "one" else 3)]
    body = {"one": encode(sent[0]), "array": encode(sent), "lines": b"\r\n".join(map(encode, sent)) + b"\n"}[form]
    answer = collecting().post("/v1/events", content=body, headers={"content-type": kind})
    assert answer.status_code == 202
    assert answer.json() == {"accepted": len(sent), "rejected": []}
    assert {e["event_id"] for e in arrived()} == {e["event_id"] for e in sent}


def test_what_is_left_out_is_filled_in(collecting: Collecting, arrived: Arrived) -> None:
    sent = event(event_id=..., subject=..., received_at=...)
    headers = {"user-agent": FIREFOX, "sec-gpc": "1", "origin": "https://shop.example"}
    assert collecting().post("/v1/events", json=sent, headers=headers).status_code == 202
    (got,) = arrived()
    assert uuid.UUID(got["event_id"]).version == 4
    assert re.fullmatch("daily-[A-Za-z0-9_-]{24}", got["subject"])
    assert got["is_bot"] is False
    assert got["signals"] == {"gpc": True}
    assert "region" not in got
    assert abs(datetime.now(UTC) - datetime.fromisoformat(got["received_at"])) < timedelta(seconds=30)


def test_what_a_browser_cannot_know_is_overwritten(collecting: Collecting, arrived: Arrived) -> None:
    sent = event(received_at="2020-01-01T00:00:00Z", region="US-CA", is_bot=True)
    assert collecting().post("/v1/events", json=sent, headers={"user-agent": CHROME}).status_code == 202
    (got,) = arrived()
    assert got["received_at"] > "2026"
    assert got["is_bot"] is False
    assert "region" not in got


def test_a_crawler_is_marked(collecting: Collecting, arrived: Arrived) -> None:
    agent = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    collecting().post("/v1/events", json=event(), headers={"user-agent": agent})
    assert [e["is_bot"] for e in arrived()] == [True]


def test_what_the_contract_does_not_name_goes_no_further(collecting: Collecting, arrived: Arrived) -> None:
    sent = event(
        "observation",
        email="someone@example.org",
        banner={"id": "main", "html": "secret"},
        storage=[{"name": "NID", "type": "cookie", "value": "secret"}],
    )
    assert collecting().post("/v1/events", json=sent).status_code == 202
    (got,) = arrived()
    assert got["banner"] == {"id": "main"}
    assert got["storage"] == [{"name": "NID", "type": "cookie"}]
    assert "someone@example.org" not in json.dumps(got)


def test_a_decision_needs_a_subject_of_its_own(collecting: Collecting, arrived: Arrived) -> None:
    answer = collecting().post("/v1/events", json=event("decision", subject=...))
    assert answer.status_code == 400
    assert answer.json() == {
        "accepted": 0,
        "rejected": [{"index": 0, "reason": "missing subject: expected 8 to 64 of A-Z a-z 0-9 _ -"}],
    }
    assert arrived() == []


def test_good_events_are_taken_beside_bad_ones(collecting: Collecting, arrived: Arrived) -> None:
    lines = [encode(event()), b"{", encode(event(kind="shown")), encode(event(site=1)), b"[1]", encode(event())]
    answer = collecting().post("/v1/events", content=b"\n".join(lines))
    assert answer.status_code == 202
    assert answer.json()["accepted"] == 2
    assert [(r["index"], r["reason"].split(":")[0]) for r in answer.json()["rejected"]] == [
        (1, "not_json value"),
        (2, "not_allowed kind"),
        (3, "wrong_type site"),
        (4, "not_an_object value"),
    ]
    assert len(arrived()) == 2
