"""Access: nobody without a role gets in, no viewer sees an id, no other site's form does anything, all is logged."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import published
import pytest
from starlette.testclient import TestClient

from consent import acknowledgements
from consent.errors import ConsentError
from consent.settings import Settings
from dashboards.access import tokens
from dashboards.app import create_app

FINDING = f"/findings/{published.CRITICAL}"
PROXY = {"dashboard_access": "proxy", "dashboard_trusted_proxies": "10.0.0.0/8", "dashboard_compliance": "legal, kari"}
BEHIND = {"X-Forwarded-User": "ola"}
LEGAL = {"X-Forwarded-User": "per", "X-Forwarded-Groups": "staff, legal"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return published.home(tmp_path)


def app(home: Path, came_from: str = "10.1.2.3", **settings: Any) -> TestClient:
    made = create_app(Settings.load(home=home, **settings))
    return TestClient(made, base_url=published.ADDRESS, client=(came_from, 1234), follow_redirects=False)


def form(page: str) -> dict[str, str]:
    return {"token": re.findall(r'name="token" value="([^"]+)"', page)[0]}


def logged(home: Path) -> list[dict[str, Any]]:
    file = home / "access.ndjson"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def test_someone_at_the_machine_acknowledges_and_it_shows_at_once(home: Path) -> None:
    client = app(home)
    page = client.get(FINDING).text
    given = {**form(page), "until": "2999-12-31", "by": "Kari", "why": "vendor mends it"}
    answer = client.post(f"{FINDING}/acknowledgement", data=given)
    assert answer.status_code == 303
    after = client.get(answer.headers["location"]).text
    assert "Acknowledged until 31 Dec 2999" in after
    assert "by Kari: vendor mends it" in after
    assert "Acknowledged" in client.get("/findings").text
    (made,) = acknowledgements.read(Settings.load(home=home))
    assert (made.finding_id, made.by, made.why) == (published.CRITICAL, "Kari", "vendor mends it")
    assert logged(home)[-1] | {"at": ""} == {
        "at": "", "who": "local", "role": "admin", "via": "local", "did": "acknowledged",
        "finding": published.CRITICAL, "by": "Kari",
    }  # fmt: skip
    assert client.post(f"{FINDING}/take-back", data=form(after)).status_code == 303
    assert "Acknowledged until" not in client.get(FINDING).text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"until": "soon", "by": "K", "why": "w"}, "write year-month-day"),
        ({"until": "2001-01-01", "by": "K", "why": "w"}, "expected today"),
        ({"until": "2999-01-01", "by": "K", "why": " "}, "why: expected 1 to 1000 characters"),
    ],
)
def test_a_mistake_in_the_form_is_said_beside_it(home: Path, given: dict[str, str], said: str) -> None:
    client = app(home)
    answer = client.post(f"{FINDING}/acknowledgement", data={**form(client.get(FINDING).text), **given})
    assert answer.status_code == 400
    assert said in answer.text
    assert f'value="{given["until"]}"' in answer.text
    assert acknowledgements.read(Settings.load(home=home)) == []


@pytest.mark.parametrize("token", ["", "forged", "WyJsb2NhbCJd.aaaa.bbbb"])
def test_a_form_from_elsewhere_does_nothing(home: Path, token: str) -> None:
    given = {"token": token, "until": "2999-12-31", "by": "x", "why": "y", "subject": published.SUBJECT}
    client = app(home)
    for address in (f"{FINDING}/acknowledgement", f"{FINDING}/take-back", f"{FINDING}/subject", "/people"):
        assert client.post(address, data=given).status_code == 403
    assert acknowledgements.read(Settings.load(home=home)) == []
    assert logged(home) == []


def test_anothers_form_is_not_mine(home: Path) -> None:
    client = app(home, **PROXY)
    pers = form(client.get(FINDING, headers=LEGAL).text)
    kari = {"X-Forwarded-User": "kari"}
    assert client.post(f"{FINDING}/subject", data=pers, headers=kari).status_code == 403


def test_whoever_is_not_behind_the_proxy_or_not_named_stays_out(home: Path) -> None:
    assert app(home, came_from="192.0.2.1", **PROXY).get("/", headers=BEHIND).status_code == 403
    client = app(home, **PROXY)
    assert client.get("/").status_code == 401
    assert client.get("/", headers=[("X-Forwarded-User", "ola"), ("X-Forwarded-User", "root")]).status_code == 401
    assert client.get("/healthz").status_code == 200
    narrow = app(home, **PROXY, dashboard_viewers="kari")
    assert narrow.get("/", headers=BEHIND).status_code == 403
    assert narrow.get("/", headers={"X-Forwarded-User": "kari"}).status_code == 200


def test_a_viewer_sees_numbers_and_nobody(home: Path) -> None:
    client = app(home, **PROXY)
    for address in ("/", "/findings", FINDING, "/inventory", "/data/findings.csv", f"/api/v1{FINDING}"):
        answer = client.get(address, headers=BEHIND)
        assert answer.status_code == 200
        assert published.SUBJECT not in answer.text
    page = client.get(FINDING, headers=BEHIND).text
    assert "<form method" not in page
    assert client.get("/people", headers=BEHIND).status_code == 403
    token = form(client.get(FINDING, headers=LEGAL).text)
    for address in (f"{FINDING}/subject", f"{FINDING}/acknowledgement", "/people"):
        assert client.post(address, data=token, headers=BEHIND).status_code == 403
    assert logged(home) == []


def test_compliance_looks_someone_up_and_the_log_says_who_did(home: Path) -> None:
    client = app(home, **PROXY)
    page = client.get(FINDING, headers=LEGAL)
    assert published.SUBJECT not in page.text
    shown = client.post(f"{FINDING}/subject", data=form(page.text), headers=LEGAL)
    assert published.SUBJECT in shown.text
    assert shown.headers["cache-control"] == "no-store"
    found = client.post("/people", data={**form(page.text), "subject": published.SUBJECT}, headers=LEGAL)
    assert "a.example" in found.text
    assert "20 Dec 2026" in found.text
    assert published.SUBJECT not in client.get(FINDING, headers=LEGAL).text
    first, second = logged(home)
    assert (first["who"], first["role"], first["did"], first["finding"]) == (
        "per", "compliance", "looked up", published.CRITICAL,
    )  # fmt: skip
    assert first["subject_sha256"] == second["subject_sha256"]
    assert published.SUBJECT not in (home / "access.ndjson").read_text()


def test_a_token_opens_the_api_until_it_is_revoked(home: Path) -> None:
    settings = Settings.load(home=home)
    text = tokens.create(settings, "grafana", "viewer")
    assert text not in (home / "dashboard_tokens.ndjson").read_text()
    client = app(home, dashboard_access="token")
    bearer = {"authorization": f"Bearer {text}"}
    assert client.get("/api/v1/freshness").status_code == 401
    assert client.get("/api/v1/freshness", headers={"authorization": "Bearer wrong"}).status_code == 401
    assert client.get("/api/v1/freshness", headers={"authorization": "Basic eA=="}).status_code == 401
    assert client.get("/api/v1/freshness", headers=bearer).status_code == 200
    lookup = {"json": {"subject": published.SUBJECT}, "headers": bearer}
    assert client.post("/api/v1/subjects/lookup", **lookup).status_code == 403
    tokens.revoke(settings, "grafana")
    assert client.get("/api/v1/freshness", headers=bearer).status_code == 401
    assert [(token.name, bool(token.revoked_at)) for token in tokens.listed(settings)] == [("grafana", True)]
    with pytest.raises(ConsentError, match="there is none"):
        tokens.revoke(settings, "grafana")
    with pytest.raises(ConsentError, match="expected viewer, compliance or admin"):
        tokens.create(settings, "x", "root")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_a_strangers_name_for_this_machine_is_not_answered(home: Path, host: str) -> None:
    assert app(home).get("/", headers={"host": host}).status_code == 421
    assert app(home).get("/", headers={"host": "localhost:8050"}).status_code == 200


def test_a_secret_is_made_once_for_its_owner_alone(home: Path) -> None:
    app(home)
    made = home / "dashboard_secret"
    assert made.stat().st_mode & 0o777 == 0o600
    before = made.read_text()
    app(home)
    assert made.read_text() == before
    (home / "short").write_text("abc")
    with pytest.raises(ConsentError, match="at least 32 random characters"):
        app(home, dashboard_secret_file=home / "short")


def test_settings_that_cannot_work_are_refused() -> None:
    with pytest.raises(ConsentError, match="oidc needs CONSENT_DASHBOARD_OIDC_ISSUER"):
        Settings.load(dashboard_access="oidc")
    with pytest.raises(ConsentError, match=r"expected addresses or networks such as 10\.0\.0\.0/8"):
        Settings.load(dashboard_trusted_proxies="everyone")
    with pytest.raises(ConsentError, match="frame-ancestors"):
        Settings.load(dashboard_frame_ancestors="'self'; script-src *")
