"""The API: what its document promises, for any input; the same numbers as the pages; nobody's id."""

from __future__ import annotations

import csv
import io
import threading
from pathlib import Path
from typing import Any

import published
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.testclient import TestClient

from consent.settings import Settings
from dashboards.api import openapi
from dashboards.app import create_app, serve
from dashboards.downloads import DATASETS

ROOT = "/api/v1"


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> object:
    made = Settings.load(home=published.home(tmp_path_factory.mktemp("api")))
    told: list[str] = []
    ready = threading.Event()
    on_ready = lambda url: (told.append(url), ready.set())  # noqa: E731
    threading.Thread(target=serve, args=(made, "127.0.0.1", 0, on_ready), daemon=True).start()
    assert ready.wait(60)
    made_here = schemathesis.openapi.from_dict(openapi.document())
    made_here.location = told[0].rstrip("/") + ROOT  # where cases are sent
    return made_here


WORDS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["a.example", "marketing", "shown", "site", "day", "csv", "2026-11-10", "opt_in", published.CRITICAL]
    ),
)
BODIES = st.one_of(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | WORDS, st.lists, max_leaves=5
    ),
    st.dictionaries(WORDS, WORDS, max_size=3),
    st.fixed_dictionaries({"subject": WORDS}),
    st.fixed_dictionaries({"until": WORDS | st.just("2999-01-01"), "why": WORDS}),
)


def test_any_request_gets_an_answer_that_the_document_describes(schema: Any) -> None:
    """Requests of our own strategies; Schemathesis holds every answer against the document."""
    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
    tried: dict[str, set[int]] = {}
    for result in schema.get_all_operations():
        operation = result.ok()
        names = [parameter.name for parameter in operation.query]
        places = [parameter.name for parameter in operation.path_parameters]

        @given(
            query=st.dictionaries(st.sampled_from(names) if names else st.just("stray"), WORDS, max_size=3),
            path=st.fixed_dictionaries({name: WORDS.filter(_can_stand_in_a_path) for name in places}),
            body=BODIES,
        )
        @settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
        def ask(query: dict[str, str], path: dict[str, str], body: Any) -> None:
            sent = {"body": body, "media_type": "application/json"} if operation.method == "post" else {}  # noqa: B023
            case = operation.Case(query=query, path_parameters=path, **sent)  # noqa: B023
            response = case.call(base_url=schema.location, timeout=60)
            tried.setdefault(operation.label, set()).add(response.status_code)  # noqa: B023
            case.validate_response(response, checks=checks)

        ask()
    assert len(tried) == 9
    assert {status for statuses in tried.values() for status in statuses} >= {200, 400, 404}


def _can_stand_in_a_path(text: str) -> bool:
    return bool(text) and text not in {".", ".."} and not set(text) & set("/\\?#%") and text.isprintable()


def test_a_metric_comes_with_its_fraction_and_interval(client: TestClient) -> None:
    query = "metric=opt_in_rate&by=category&site=a.example&from=2026-11-09&to=2026-11-15&step=week"
    answer = client.get(f"{ROOT}/query?{query}").json()
    (row,) = [row for row in answer["rows"] if row["category"] == "marketing"]
    assert (row["period"], row["numerator"], row["denominator"], row["value"]) == ("2026-11-09", 280, 700, 0.4)
    assert row["low"] == pytest.approx(0.3644, abs=1e-4)
    assert row["high"] == pytest.approx(0.4368, abs=1e-4)
    assert answer["metric"]["formula"] == "granted ÷ shown"
    assert answer["as_of"] == "2026-11-16T00:00:00Z"
    text = client.get(f"{ROOT}/query?{query}&format=csv").text
    assert [r["value"] for r in csv.DictReader(io.StringIO(text)) if r["category"] == "marketing"] == ["0.4"]


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/query?metric=nonsense", 400, "Metric “nonsense” is not in the data. Choose one of: shown, choices"),
        ("/query?metric=shown&by=moon", 400, "By “moon”"),
        ("/query?from=yesterday", 400, "is not a date"),
        ("/query?colour=red", 400, "no parameter colour"),
        ("/query?format=xls", 400, "format: expected json or csv"),
        ("/datasets/nope", 404, "expected one of opt_in"),
        ("/datasets/opt_in?severity=high", 400, "opt_in has no filter severity"),
        ("/findings/none", 404, "no such finding"),
        ("/nowhere", 404, "Not Found"),
    ],
)
def test_a_mistake_is_named_in_json(client: TestClient, address: str, status: int, said: str) -> None:
    answer = client.get(ROOT + address)
    assert answer.status_code == status
    assert said in answer.json()["error"]


@pytest.mark.parametrize("name", DATASETS)
def test_every_dataset_is_there_and_names_nobody(client: TestClient, name: str) -> None:
    answer = client.get(f"{ROOT}/datasets/{name}")
    assert isinstance(answer.json(), list)
    assert published.SUBJECT not in answer.text


def test_a_finding_is_acknowledged_over_the_api(tmp_path: Path) -> None:
    made = create_app(Settings.load(home=published.home(tmp_path)))
    client = TestClient(made, base_url=published.ADDRESS)
    address = f"{ROOT}/findings/{published.CRITICAL}"
    given = {"until": "2999-12-31", "why": "known"}
    assert client.post(f"{address}/acknowledgement", json=given).status_code == 201
    assert client.get(address).json()["status"] == "acknowledged"
    elsewhere = {"origin": "https://evil.example"}
    assert client.post(f"{address}/acknowledgement", json=given, headers=elsewhere).status_code == 403
    plain = {"content-type": "text/plain"}
    assert client.post(f"{address}/acknowledgement", content=b"{}", headers=plain).status_code == 415
    found = client.post(f"{ROOT}/subjects/lookup", json={"subject": published.SUBJECT})
    assert found.json()["consents"][0]["site"] == "a.example"
    assert "looked up" in (tmp_path / "access.ndjson").read_text()


def test_before_the_first_refresh_the_api_says_so(empty: TestClient) -> None:
    answer = empty.get(f"{ROOT}/freshness")
    assert answer.status_code == 503
    assert "consent refresh" in answer.json()["error"]


@pytest.mark.parametrize("kind", ["svg", "png"])
@pytest.mark.parametrize(
    "chart", ["overview/opt-in", "overview/prompts", "rates/small-0", "rates/by-category", "banner/experiment-0",
              "expiry/expiring", "quality/quality", "quality/faults"],
)  # fmt: skip
def test_each_chart_is_a_file_of_its_own(client: TestClient, chart: str, kind: str) -> None:
    answer = client.get(f"/charts/{chart}.{kind}?site=a.example")
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(b"<svg" if kind == "svg" else b"\x89PNG")
    assert b"<script" not in answer.content


def test_charts_that_do_not_exist_are_not_found(client: TestClient) -> None:
    for address in ("/charts/nope/opt-in.svg", "/charts/overview/nope.svg", "/charts/overview/opt-in.gif"):
        assert client.get(address).status_code == 404
    assert client.get("/charts/overview/opt-in.svg?site=nowhere").status_code == 400


def test_a_chart_can_be_shown_in_a_frame_of_those_that_are_allowed(tmp_path: Path) -> None:
    made = Settings.load(home=published.home(tmp_path), dashboard_frame_ancestors="https://wiki.example")
    client = TestClient(create_app(made), base_url=published.ADDRESS)
    answer = client.get("/embed/overview/opt-in.html?site=a.example")
    assert "frame-ancestors https://wiki.example" in answer.headers["content-security-policy"]
    assert "x-frame-options" not in answer.headers
    assert "<svg" in answer.text
    assert client.get("/embed/overview/opt-in.svg").headers["content-type"] == "image/svg+xml"
    assert "frame-ancestors 'none'" in client.get("/").headers["content-security-policy"]
