"""Signing in, against an OpenID Connect provider of a few lines on this machine that signs real tokens."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import published
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

from consent.settings import Settings
from dashboards.app import create_app

SECRET = "provider-secret-of-this-test"


class Provider(ThreadingHTTPServer):
    """Answers discovery, keys and the token endpoint; `claims` are of whoever signs in next."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answers)
        self.key = RSAKey.generate_key(2048, {"kid": "one"})
        self.signer = self.key
        self.claims: dict[str, Any] = {}
        self.nonce = ""
        self.asked: dict[str, list[str]] = {}

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answers(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        issuer = self.server.issuer
        if self.path == "/.well-known/openid-configuration":
            self._say(
                {
                    "issuer": issuer,
                    "authorization_endpoint": f"{issuer}/authorize",
                    "token_endpoint": f"{issuer}/token",
                    "jwks_uri": f"{issuer}/keys",
                    "id_token_signing_alg_values_supported": ["RS256"],
                }
            )
        else:
            self._say({"keys": [self.server.key.as_dict(private=False)]})

    def do_POST(self) -> None:
        self.server.asked = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        now = int(time.time())
        claims = {"iss": self.server.issuer, "aud": "dashboard", "sub": "u1", "iat": now, "exp": now + 300,
                  "nonce": self.server.nonce, **self.server.claims}  # fmt: skip
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.server.signer)
        self._say({"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": token})

    def _say(self, answer: Any) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Silent."""


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def client(provider: Provider, tmp_path: Path) -> TestClient:
    settings = Settings.load(
        home=published.home(tmp_path),
        dashboard_access="oidc",
        dashboard_url="http://consent.example",
        dashboard_oidc_issuer=provider.issuer,
        dashboard_oidc_client_id="dashboard",
        dashboard_oidc_client_secret=SECRET,
        dashboard_compliance="legal",
    )
    return TestClient(create_app(settings), base_url="http://consent.example", follow_redirects=False)


def sign_in(client: TestClient, provider: Provider, **claims: Any) -> Any:
    provider.claims = claims
    sent = client.get("/auth/login?next=/findings%3Fsite%3Da.example")
    query = parse_qs(urlsplit(sent.headers["location"]).query)
    assert sent.headers["location"].startswith(f"{provider.issuer}/authorize?")
    assert query["redirect_uri"] == ["http://consent.example/auth/callback"]
    assert query["code_challenge_method"] == ["S256"]
    provider.nonce = query["nonce"][0]
    return client.get(f"/auth/callback?code=c0de&state={query['state'][0]}")


def test_whoever_is_not_signed_in_is_sent_to_sign_in(client: TestClient) -> None:
    answer = client.get("/findings?site=a.example")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/auth/login?next=%2Ffindings%3Fsite%3Da.example"
    assert client.get("/api/v1/freshness").status_code == 401
    assert client.get("/data/findings.csv").status_code == 401


def test_a_user_signs_in_comes_back_and_signs_out(client: TestClient, provider: Provider) -> None:
    back = sign_in(client, provider, email="kari@example.com", email_verified=True, groups=["legal"])
    assert back.status_code == 303
    assert back.headers["location"] == "/findings?site=a.example"
    assert provider.asked["code_verifier"]
    cookie = back.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert client.get("/findings").status_code == 200
    assert "kari@example.com" in client.get("/account").text
    assert client.get("/people").status_code == 200
    assert client.get("/data/findings.csv").status_code == 200
    token = re.findall(r'name="token" value="([^"]+)"', client.get("/account").text)[0]
    assert client.post("/auth/logout", data={"token": token}).status_code == 303
    assert client.get("/findings").status_code == 303


def test_a_form_from_elsewhere_signs_nobody_out(client: TestClient, provider: Provider) -> None:
    sign_in(client, provider, sub="u2")
    others = re.findall(r'name="token" value="([^"]+)"', client.get("/account").text)[0]
    sign_in(client, provider, email="kari@example.com", email_verified=True)
    for form in ({}, {"token": "made up"}, {"token": others}):
        answer = client.post("/auth/logout", data=form, headers={"accept-language": "nb"})
        assert answer.status_code == 403
        assert "Skjemaet er for gammelt eller ikke herfra" in answer.text
    assert "kari@example.com" in client.get("/account").text


def test_an_address_that_is_not_verified_is_not_a_name(client: TestClient, provider: Provider) -> None:
    sign_in(client, provider, email="legal", email_verified=False)
    assert client.get("/people").status_code == 403
    assert "<h1>u1</h1>" in client.get("/account").text


@pytest.mark.parametrize(
    "wrong", [{"aud": "another"}, {"iss": "http://elsewhere.example"}, {"exp": 1000}, {"nonce": "x"}]
)
def test_a_token_for_someone_else_lets_nobody_in(client: TestClient, provider: Provider, wrong: dict[str, Any]) -> None:
    assert sign_in(client, provider, **wrong).status_code == 400
    assert client.get("/findings").status_code == 303


def test_a_token_signed_by_another_lets_nobody_in(client: TestClient, provider: Provider) -> None:
    provider.signer = RSAKey.generate_key(2048, {"kid": "one"})
    assert sign_in(client, provider).status_code == 400
    assert client.get("/findings").status_code == 303


def test_a_state_of_another_browser_lets_nobody_in(client: TestClient) -> None:
    assert client.get("/auth/callback?code=c0de&state=stolen").status_code == 400


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "evil"])
def test_signing_in_leads_nowhere_else(client: TestClient, provider: Provider, elsewhere: str) -> None:
    client.get("/auth/login", params={"next": elsewhere})
    sent = client.get("/auth/login", params={"next": elsewhere})
    query = parse_qs(urlsplit(sent.headers["location"]).query)
    provider.nonce = query["nonce"][0]
    assert client.get(f"/auth/callback?code=c&state={query['state'][0]}").headers["location"] == "/"
