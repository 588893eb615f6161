"""No subject and no payload in anything that is logged or printed, however fine the level."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from ingestion.topics import ensure_topic
from tests.ingestion.events import encode, event

SUBJECTS = [f"recognisable-subject-{number:03}" for number in range(20)]
# Each carries a mark that must not come out anywhere.
MALFORMED = [
    b"payload-mark-1 is no JSON",
    b"\xff\xfepayload-mark-2",
    encode(event(subject="payload-mark-3@example.org")),
    encode(event(subject=SUBJECTS[0], kind="payload-mark-4")),
    encode(event(subject=SUBJECTS[1], occurred_at="payload-mark-5")),
    encode(event(subject=SUBJECTS[2], site=["payload-mark-6"])),
    encode(event(subject=SUBJECTS[3]))[:-1] + b',"payload-mark-7":1,"payload-mark-7":2}',
    encode(event("decision", subject=SUBJECTS[4], categories={"payload-mark-8": "yes"})),
    encode(event(subject=SUBJECTS[5], event_id="payload-mark-9")),
]
# One process for all, since each would take seconds to start.
COMMANDS = """
import sys
from pipelines.cli import main
events, topic = sys.argv[1:]
for arguments, expected in (
    (["send", "--check", events], 1),
    (["send", events], 0),
    (["ingest", "--until-caught-up"], 0),
    (["quarantine", "list"], 0),
    (["quarantine", "list", "--format", "json"], 0),
    (["quarantine", "show", topic, "0", "0"], None),
    (["quarantine", "replay", "--dry-run"], 0),
    (["quarantine", "replay"], 0),
    (["verify"], 0),
    (["doctor"], 0),
):
    sys.argv[1:] = arguments
    try:
        main()
    except SystemExit as ended:
        if expected is not None and (ended.code or 0) != expected:
            sys.exit(f"{arguments}: ended with {ended.code}")
"""


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_no_subject_and_no_payload_in_anything_said(embedded_kafka: str, tmp_path: Path, log_format: str) -> None:
    topic = f"consent.test.{uuid.uuid4().hex[:8]}"
    ensure_topic(embedded_kafka, topic, partitions=2, timeout=10)
    events = tmp_path / "events.ndjson"
    events.write_bytes(b"\n".join([*(encode(event(subject=subject)) for subject in SUBJECTS), *MALFORMED]) + b"\n")
    environment = {
        **os.environ,
        "CONSENT_HOME": str(tmp_path / "home"),
        "CONSENT_KAFKA_BOOTSTRAP_SERVERS": embedded_kafka,
        "CONSENT_TOPIC": topic,
        "CONSENT_INGEST_MAX_LATENCY": "0.2",
        "CONSENT_LOG_LEVEL": "debug",
        "CONSENT_LOG_FORMAT": log_format,
    }
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, str(events), topic], env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, (done.stdout, done.stderr)
    everything = done.stdout + done.stderr
    assert f"{len(MALFORMED)} again".encode() in everything
    assert b"ingestion.quarantine" in everything, "the level is debug, so something must have been logged"
    for mark in (b"payload-mark", b"recognisable-subject", b"\xff\xfe"):
        assert mark not in everything
