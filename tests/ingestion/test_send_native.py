"""Native payloads the whole way: a file, Kafka, the warehouse; and what stays behind."""

from __future__ import annotations

import io
import json
import stat
import uuid
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consent.settings import Settings
from consent.warehouse import open_warehouse
from ingestion.adapters import format_of
from ingestion.adapters.native import Told
from ingestion.ingest import ingest
from ingestion.send import Sent, send_native
from ingestion.topics import ensure_topic
from pipelines.cli import app

LITERAL = (
    "CookieConsent={stamp:'visitor-%d',necessary:true,preferences:true,statistics:true,marketing:%s,method:'explicit',"
    "ver:1,utc:1788253200000,region:'no'}"
)
LINES = [
    LITERAL % (1, "true"),
    LITERAL % (2, "false"),
    "CookieConsent={stamp:'visitor-3',necessary:secret-of-someone}",
    LITERAL % (4, "true"),
]


@pytest.fixture
def told_kafka(settings: Settings, embedded_kafka: str) -> Settings:
    ready = settings.model_copy(
        update={"kafka_bootstrap_servers": embedded_kafka, "topic": f"native-{uuid.uuid4().hex[:8]}"}
    )
    ensure_topic(embedded_kafka, ready.topic, partitions=2, timeout=10)
    return ready


def send(settings: Settings, *lines: str) -> Sent:
    return send_native(
        io.BytesIO("\n".join(lines).encode()), format_of("cookiebot"), Told(site="shop", platform="web"), settings
    )


def rows(settings: Settings) -> list[tuple[object, ...]]:
    with open_warehouse(settings.warehouse) as connection:
        return connection.execute(
            'select subject, kind, action, region, source_cmp from raw.events order by subject, "offset"'
        ).fetchall()


def test_what_is_understood_lands_and_the_rest_is_kept_with_its_reason(told_kafka: Settings) -> None:
    sent = send(told_kafka, *LINES)
    reason = "wrong_type necessary: expected true or false"
    assert (sent.sent, sent.rejected) == (3, {reason: [3]})
    ingest(told_kafka, until_caught_up=True)
    assert rows(told_kafka) == [
        ("visitor-1", "decision", "accept_all", "NO", "cookiebot"),
        ("visitor-2", "decision", "save", "NO", "cookiebot"),
        ("visitor-4", "decision", "accept_all", "NO", "cookiebot"),
    ]
    assert sent.kept == told_kafka.home / "rejected" / "cookiebot.ndjson"
    assert stat.S_IMODE(sent.kept.stat().st_mode) == 0o600
    [kept] = map(json.loads, sent.kept.read_text().splitlines())
    assert (kept["number"], kept["reason"], kept["payload"]) == (3, reason, LINES[2])


def test_what_was_rejected_can_be_mended_and_sent_again(told_kafka: Settings) -> None:
    sent = send(told_kafka, LINES[2])
    assert sent.sent == 0
    assert send(told_kafka, LITERAL % (3, "false")).sent == 1


def test_a_file_sent_twice_holds_the_same_events(told_kafka: Settings) -> None:
    send(told_kafka, LINES[0])
    send(told_kafka, LINES[0])
    ingest(told_kafka, until_caught_up=True)
    with open_warehouse(told_kafka.warehouse) as connection:
        counted = connection.execute("select count(*), count(distinct event_id) from raw.events").fetchall()
    assert counted == [(2, 1)]  # staging counts the first of them


def test_an_event_that_breaks_the_contract_stays_behind_too(told_kafka: Settings) -> None:
    sent = send_native(
        io.BytesIO(LINES[0].encode()), format_of("cookiebot"), Told(site="shop", platform="fridge"), told_kafka
    )
    assert sent.sent == 0
    [reason] = sent.rejected
    assert reason.startswith("not_allowed platform")
    assert sent.kept is not None


def test_the_command_says_what_stayed_behind_and_ends_with_1(
    told_kafka: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONSENT_KAFKA_BOOTSTRAP_SERVERS", str(told_kafka.kafka_bootstrap_servers))
    monkeypatch.setenv("CONSENT_TOPIC", told_kafka.topic)
    file = tmp_path / "cookies.txt"
    file.write_text("\n".join(LINES))
    arguments = ["send", str(file), "--format", "cookiebot", "--site", "shop", "--home", str(told_kafka.home)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert "sent 3, rejected 1" in result.output
    assert "wrong_type necessary: expected true or false: line 3" in result.output
    assert "secret-of-someone" not in result.output
    file.write_text("\n".join(LINES[:2]))
    assert CliRunner().invoke(app, arguments).exit_code == 0


def test_a_category_without_its_meaning_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cookies.txt").write_text(LINES[0])
    arguments = ["send", str(tmp_path / "cookies.txt"), "--format", "onetrust", "--category", "BG51"]
    result = CliRunner().invoke(app, arguments)
    assert "expected NAME=CATEGORY" in str(result.exception)
