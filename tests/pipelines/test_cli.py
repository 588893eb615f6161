"""The command line as a user meets it: what it does, and one clear line for what it cannot."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from consent.settings import ROOT
from ingestion.broker import EmbeddedBroker
from tests.ingestion.events import encode, event


def consent(*arguments: str, home: Path, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("CONSENT_", "DAGSTER_"))}
    return subprocess.run(
        [sys.executable, "-c", "from pipelines.cli import main; main()", *arguments],
        input=stdin,
        capture_output=True,
        cwd=ROOT,
        env=clean | {"CONSENT_HOME": str(home), "CONSENT_KAFKA_TIMEOUT": "2"} | environment,
        timeout=120,
        check=False,
    )


def fails(done: subprocess.CompletedProcess[bytes], *expected: str) -> None:
    """It ended with 1 and one line that says each of these; no traceback."""
    text = done.stderr.decode()
    assert done.returncode == 1, text
    assert text.startswith("consent: "), text
    assert len(text.strip().splitlines()) == 1, text
    for part in expected:
        assert part in text


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_commands_import_only_what_they_need() -> None:
    heavy = ["numpy", "pandas", "pyarrow", "dagster", "kafka", "statsmodels", "starlette"]
    script = f"import sys, pipelines.cli; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_broker_that_is_down(home: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    fails(consent("ingest", "--until-caught-up", home=home, CONSENT_KAFKA_BOOTSTRAP_SERVERS=address), address)
    fails(consent("send", home=home, stdin=encode(event()), CONSENT_KAFKA_BOOTSTRAP_SERVERS=address), address)


def test_no_broker_configured(home: Path) -> None:
    fails(consent("ingest", home=home), "CONSENT_KAFKA_BOOTSTRAP_SERVERS", "consent broker")


def test_a_topic_that_does_not_exist(home: Path, embedded_kafka: str) -> None:
    done = consent(
        "ingest", "--until-caught-up", home=home, CONSENT_KAFKA_BOOTSTRAP_SERVERS=embedded_kafka, CONSENT_TOPIC="nope"
    )
    fails(done, "no topic 'nope'", "CONSENT_TOPIC")


def test_a_warehouse_that_is_no_database(home: Path) -> None:
    home.mkdir()
    (home / "warehouse.duckdb").write_bytes(b"x" * 5000)
    fails(consent("refresh", home=home), "warehouse.duckdb", "not a valid DuckDB")
    assert (home / "warehouse.duckdb").read_bytes() == b"x" * 5000


def test_a_policy_with_a_typo(home: Path, tmp_path: Path) -> None:
    site = tmp_path / "shop.yaml"
    site.write_text("site: shop\ncontroler: Shop AS\n")
    fails(consent("audit", str(site), home=home), f"{site}:2", "controler", "controller")


def test_a_folder_that_cannot_be_written() -> None:
    fails(consent("refresh", home=Path("/proc/consent")), "/proc/consent")
    fails(consent("broker", home=Path("/proc/consent")), "/proc/consent")


def test_a_port_in_use(home: Path) -> None:
    with EmbeddedBroker() as other:
        fails(consent("broker", "--port", str(other.port), home=home), str(other.port), "--port")


def test_a_wrong_setting(home: Path) -> None:
    fails(consent("ingest", home=home, CONSENT_INGEST_BATCH_ROWS="many"), "CONSENT_INGEST_BATCH_ROWS", "'many'")


def test_export_before_anything_is_published(home: Path) -> None:
    fails(consent("export", "opt_in_daily", home=home), "consent refresh")
    fails(consent("export", "opt_in", home=home), "no relation 'opt_in'", "opt_in_daily")


def test_a_file_that_is_not_there(home: Path) -> None:
    fails(consent("send", "no-such.ndjson", home=home), "no-such.ndjson")


def test_from_a_line_on_standard_input_to_an_exported_row(home: Path, embedded_kafka: str) -> None:
    kafka = {"CONSENT_KAFKA_BOOTSTRAP_SERVERS": embedded_kafka, "CONSENT_TOPIC": "consent.cli"}
    from ingestion.topics import ensure_topic

    ensure_topic(embedded_kafka, "consent.cli", partitions=2, timeout=5)
    lines = [
        encode(event(region="NO")),
        encode(event("decision", region="NO", categories={"marketing": True})),
        b"broken",
    ]
    sent = consent("send", home=home, stdin=b"\n".join(lines), **kafka)
    assert (sent.returncode, sent.stdout) == (0, b"sent 3, rejected 0\n")
    ingested = consent("ingest", "--until-caught-up", home=home, **kafka)
    assert ingested.stdout == b"ingested 2 events, 1 set aside in quarantine\n"
    refreshed = consent("refresh", "--as-of", "2026-10-02", home=home, **kafka)
    assert refreshed.returncode == 0, refreshed.stderr
    assert b"published as of 2026-10-02 00:00:00 UTC" in refreshed.stdout
    exported = consent("export", "opt_in_daily", "--format", "json", home=home)
    rows = {row["category"]: row for row in map(json.loads, exported.stdout.splitlines())}
    assert set(rows) == {"necessary", "functionality", "performance", "marketing"}
    assert (rows["marketing"]["shown"], rows["marketing"]["granted"], rows["marketing"]["opt_in_rate"]) == (1, 1, 1.0)
    assert (rows["performance"]["asked"], rows["performance"]["opt_in_rate"]) == (0, 0.0)


def test_check_sends_only_good_lines_and_says_which_were_not(home: Path, embedded_kafka: str) -> None:
    from ingestion.topics import ensure_topic

    ensure_topic(embedded_kafka, "consent.check", partitions=1, timeout=5)
    done = consent(
        "send",
        "--check",
        home=home,
        stdin=encode(event()) + b"\n{}\n",
        CONSENT_KAFKA_BOOTSTRAP_SERVERS=embedded_kafka,
        CONSENT_TOPIC="consent.check",
    )
    assert (done.returncode, done.stdout) == (1, b"sent 1, rejected 1\n")
    assert b"missing schema_version: expected 1: line 2" in done.stderr


def test_audit_ends_with_one_if_asked_to_fail(home: Path) -> None:
    assert consent("audit", "--format", "json", home=home).returncode == 0
    assert consent("audit", "--fail-on", "high", home=home).returncode == 1
    assert consent("audit", "--fail-on", "critical", home=home).returncode == 0
    found = json.loads(consent("audit", "--jurisdiction", "CZ", "--format", "json", home=home).stdout)
    assert {finding["jurisdiction"] for finding in found} <= {"CZ", "NO"}
    fails(consent("audit", "--jurisdiction", "XX", home=home), "XX", "jurisdiction")
