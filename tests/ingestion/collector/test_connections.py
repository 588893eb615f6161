"""A running collector against senders that mean it harm, and what it leaves on the disk and in its log."""

from __future__ import annotations

import contextlib
import json
import socket
import time
import uuid
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode

from ingestion.topics import ensure_topic
from tests.ingestion.collector.harness import Process, running
from tests.ingestion.events import event

MARKED_AGENT = "Mozilla/5.0 (recognisable-user-agent) Firefox/140.0"
MARKED_ADDRESS = "198.51.100.77"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("collector")


@pytest.fixture(scope="module")
def collector(embedded_kafka: str, home: Path) -> Iterator[Process]:
    topic = f"consent.test.{uuid.uuid4().hex[:8]}"
    ensure_topic(embedded_kafka, topic, partitions=2, timeout=10)
    environment = {
        "CONSENT_HOME": str(home / "home"),
        "CONSENT_KAFKA_BOOTSTRAP_SERVERS": embedded_kafka,
        "CONSENT_TOPIC": topic,
        "CONSENT_COLLECTOR_READ_TIMEOUT": "2",
        "CONSENT_COLLECTOR_PROXIES": "127.0.0.1",
        "CONSENT_COLLECTOR_RATE": "100000000/hour",
        "CONSENT_LOG_LEVEL": "debug",
    }
    with running(environment, home / "log") as process:
        yield process


def ended(connection: socket.socket, within: float) -> bytes:
    """All that comes until the other side hangs up."""
    connection.settimeout(within)
    said = b""
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            said += part
    return said


def connect(collector: Process) -> socket.socket:
    return socket.create_connection(("127.0.0.1", collector.port))


HEAD = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"


def trickle(connection: socket.socket, sent: bytes) -> bytes:
    """A byte at a time, for ever, until the other side has enough."""
    with contextlib.suppress(OSError):
        connection.sendall(sent)
        for _ in range(200):
            time.sleep(0.1)
            connection.sendall(b"x")
    return ended(connection, 10)


@pytest.mark.parametrize("start", [b"", HEAD + b"X-Slow: ", HEAD + b"Content-Length: 9000\r\n\r\n{"])
def test_slow_senders_are_cut_off(collector: Process, start: bytes) -> None:
    began = time.monotonic()
    with connect(collector) as connection:
        said = trickle(connection, start)
    assert time.monotonic() - began < 15
    assert not said or said.startswith(b"HTTP/1.1 4")
    assert collector.health()["status"] == "ok"


def test_a_connection_that_says_nothing_is_closed(collector: Process) -> None:
    with connect(collector) as connection:
        assert ended(connection, 20) == b""


def test_a_head_that_never_ends(collector: Process) -> None:
    with connect(collector) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(HEAD)
            for _ in range(2_000):
                connection.sendall(b"X-Padding: " + b"x" * 1_000 + b"\r\n")
        assert ended(connection, 10)[:12] in (b"HTTP/1.1 400", b"")
    assert collector.health()["status"] == "ok"


@pytest.mark.parametrize(
    "line", [b"X: a\r b", b"X: a\x00b", b"X : b", b"Origin: https://a\nSet-Cookie: b", b"Transfer-Encoding: x"]
)
def test_headers_that_are_none(collector: Process, line: bytes) -> None:
    body = json.dumps(event()).encode()
    with connect(collector) as connection:
        length = b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
        connection.sendall(HEAD + line + b"\r\n" + length + body)
        said = ended(connection, 20)
    assert b"set-cookie" not in said.lower()
    assert said[:10] in (b"HTTP/1.1 2", b"HTTP/1.1 4")


def test_a_chunked_body_over_the_limit(collector: Process) -> None:
    with connect(collector) as connection:
        with contextlib.suppress(OSError):
            connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
            for _ in range(100):
                connection.sendall(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
        assert ended(connection, 10)[:12] in (b"HTTP/1.1 413", b"")
    assert collector.health()["status"] == "ok"


def test_neither_address_nor_agent_is_kept_or_logged(collector: Process, home: Path) -> None:
    headers = {"User-Agent": MARKED_AGENT, "X-Forwarded-For": MARKED_ADDRESS}
    connection = HTTPConnection("127.0.0.1", collector.port, timeout=30)
    with contextlib.closing(connection):
        for body in (
            json.dumps(event(subject=...)),
            "payload-mark is no JSON",
            json.dumps(event(site=["payload-mark"])),
        ):
            connection.request("POST", "/v1/events", body, headers)
            connection.getresponse().read()
    files = [path for path in home.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"salt", "lock", "log"}
    for path in files:
        content = path.read_bytes()
        for mark in (MARKED_AGENT.encode(), MARKED_ADDRESS.encode(), b"198.51.100", b"payload-mark"):
            assert mark not in content, path


def test_no_request_made_from_its_description_makes_it_fail(collector: Process) -> None:
    schema = schemathesis.openapi.from_dict(json.loads(collector.get("/openapi.json")[1]))
    schema.config.update(base_url=f"http://127.0.0.1:{collector.port}")
    statuses: set[int] = set()

    def check(case: Case) -> None:
        response = case.call()
        statuses.add(response.status_code)
        assert response.status_code < 500, response.text

    sparing = settings(
        max_examples=40, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    for operation in (found.ok() for found in schema.get_all_operations()):
        modes = list(GenerationMode) if operation.body else [GenerationMode.POSITIVE]
        for mode in modes:
            sparing(given(case=operation.as_strategy(generation_mode=mode))(check))()
    assert statuses >= {200, 202, 400}
