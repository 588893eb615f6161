"""Metrics, as Prometheus reads them, and the health that an orchestrator asks for."""

from __future__ import annotations

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from consent.errors import ConsentError
from ingestion import metrics as module
from ingestion.metrics import Metrics
from ingestion.metrics_server import MetricsServer, serve


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def server(metrics: Metrics) -> Iterator[MetricsServer]:
    with serve(metrics, 0) as running:
        yield running


def get(server: MetricsServer, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def samples(server: MetricsServer) -> dict[str, float]:
    found = {}
    for family in text_string_to_metric_families(get(server, "/metrics")[1]):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


def test_what_the_loop_says_is_what_prometheus_reads(metrics: Metrics, server: MetricsServer) -> None:
    metrics.landed(120, {"not_json value: expected RFC 8259 JSON": 3, "missing site: expected string": 1})
    metrics.landed(80, {"not_json value: expected RFC 8259 JSON": 2, "a reason of another time": 1})
    for stage in ("fetch", "decode", "commit"):
        metrics.stage(stage, 0.2)
    metrics.lag(0, 17)
    metrics.lag(1, 5)
    metrics.forget(1)
    metrics.lock_wait(0.03)
    metrics.gap(25)
    found = samples(server)
    assert found["consent_ingest_events_total"] == 200
    assert found["consent_ingest_quarantined_total{reason=not_json}"] == 5
    assert found["consent_ingest_quarantined_total{reason=missing}"] == 1
    assert found["consent_ingest_quarantined_total{reason=other}"] == 1
    assert found["consent_ingest_batch_rows_sum"] == 207
    assert found["consent_ingest_batch_rows_count"] == 2
    assert found["consent_ingest_stage_seconds_sum{stage=decode}"] == 0.2
    assert found["consent_ingest_lock_wait_seconds_count"] == 1
    assert found["consent_ingest_gap_offsets_total"] == 25
    assert found["consent_ingest_lag{partition=0}"] == 17
    assert "consent_ingest_lag{partition=1}" not in found
    assert found["consent_ingest_last_commit_timestamp_seconds"] > 1.7e9


def test_labels_are_stages_partitions_and_codes_alone(metrics: Metrics, server: MetricsServer) -> None:
    metrics.landed(1, {"wrong_type subject: expected string": 1})
    metrics.lag(0, 1)
    metrics.stage("fetch", 1)
    families = text_string_to_metric_families(get(server, "/metrics")[1])
    labels = {name for family in families for sample in family.samples for name in sample.labels}
    assert labels == {"partition", "reason", "stage", "le"}
    assert "subject" not in get(server, "/metrics")[1]


def test_two_runs_do_not_add_up(metrics: Metrics) -> None:
    metrics.landed(5, {})
    with serve(Metrics(), 0) as other:
        assert samples(other)["consent_ingest_events_total"] == 0


def test_healthy_while_the_loop_polls(metrics: Metrics, server: MetricsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    status, body = get(server, "/healthz")
    assert (status, json.loads(body)) == (503, {"status": "starting", "last_commit_age_s": None, "lag": {}})
    metrics.polled()
    metrics.landed(1, {})
    metrics.lag(2, 9)
    status, body = get(server, "/healthz")
    health = json.loads(body)
    assert (status, health["status"], health["lag"]) == (200, "ok", {"2": 9})
    assert 0 <= health["last_commit_age_s"] < 5
    monkeypatch.setattr(module, "STALLED_AFTER", 0.0)
    status, body = get(server, "/healthz")
    assert (status, json.loads(body)["status"]) == (503, "stalled")


def test_other_paths_are_not_there(server: MetricsServer) -> None:
    assert get(server, "/")[0] == 404


def test_it_listens_on_this_machine_alone_and_lets_go(metrics: Metrics) -> None:
    running = serve(metrics, 0)
    assert running._server.server_address[0] == "127.0.0.1"
    with pytest.raises(ConsentError, match=f"127.0.0.1:{running.port}: cannot listen.*CONSENT_INGEST_METRICS_PORT"):
        serve(metrics, running.port)
    running.close()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", running.port)) != 0
