"""Who may send, how much and how often: origins, keys, proxies, regions, limits."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from consent.errors import SettingsError
from consent.settings import ROOT, Settings
from ingestion.collector.app import Collector
from tests.ingestion.collector.conftest import Collecting
from tests.ingestion.events import encode, event

Arrived = Callable[[], list[dict[str, Any]]]
SHOP, EVIL = "https://shop.example", "https://evil.example"


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """The shipped policies, and a site `shop` with an allow-list."""
    folder = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", folder)
    (folder / "sites" / "shop.yaml").write_text(f"site: shop\norigins: [{SHOP}]\n")
    return folder


def test_only_its_own_pages_send_for_a_site(collecting: Collecting, policies: Path, arrived: Arrived) -> None:
    client = collecting(policies=policies)
    good = client.post("/v1/events", json=event(site="shop"), headers={"origin": SHOP})
    assert (good.status_code, good.headers["access-control-allow-origin"]) == (202, "*")
    bad = client.post("/v1/events", json=event(site="shop"), headers={"origin": EVIL})
    assert bad.status_code == 403
    assert bad.json()["rejected"][0]["reason"] == "not_allowed site: expected a site that this origin may send for"
    mixed = client.post("/v1/events", json=[event(site="shop"), event(site="elsewhere")], headers={"origin": EVIL})
    assert (mixed.status_code, mixed.json()["accepted"]) == (202, 1)
    assert sorted(e["site"] for e in arrived()) == ["elsewhere", "shop"]


def test_with_allow_lists_everywhere_others_get_no_cors_answer(collecting: Collecting, policies: Path) -> None:
    client = collecting(policies=policies, collector_origins="https://www.example", collector_unknown_sites="refuse")
    for origin, status, allowed in ((SHOP, 204, SHOP), ("https://www.example", 204, "https://www.example")):
        answer = client.options("/v1/events", headers={"origin": origin, "access-control-request-method": "POST"})
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (status, allowed)
        assert answer.headers["vary"] == "Origin"
    for origin in (EVIL, "null", f"{SHOP}.evil.example"):
        answer = client.options("/v1/events", headers={"origin": origin, "access-control-request-method": "POST"})
        assert answer.status_code == 403
        answer = client.post("/v1/events", json=event(site="shop"), headers={"origin": origin})
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers
    assert client.post("/v1/events", json=event(site="shop"), headers={"origin": SHOP}).status_code == 202
    unknown = client.post("/v1/events", json=event(site="unheard-of"))
    assert unknown.status_code == 403
    assert "described in policies/sites" in unknown.json()["rejected"][0]["reason"]


def test_a_write_key_in_the_header_or_the_address(collecting: Collecting, arrived: Arrived) -> None:
    client = collecting(collector_write_key="correct horse")
    for headers, query, status in (
        ({}, "", 403),
        ({"x-write-key": "correct"}, "", 403),
        ({}, "?key=%ff%fe", 403),
        ({"x-write-key": "correct horse"}, "", 202),
        ({}, "?key=correct+horse", 202),
    ):
        assert client.post(f"/v1/events{query}", json=event(), headers=headers).status_code == status
    assert len(arrived()) == 2


def test_a_server_with_the_key_speaks_for_its_visitors(collecting: Collecting, arrived: Arrived) -> None:
    client = collecting(collector_write_key="k")
    sent = event(region="US-CA", is_bot=True, received_at="2020-01-01T00:00:00Z")
    client.post("/v1/events?key=k", json=sent)
    client.post("/v1/events?key=k", json=sent, headers={"origin": SHOP, "user-agent": "Mozilla/5.0 Firefox/140.0"})
    by_server, by_browser = arrived() if "region" in arrived()[0] else reversed(arrived())
    assert (by_server["region"], by_server["is_bot"]) == ("US-CA", True)
    assert "region" not in by_browser
    assert by_browser["is_bot"] is False
    assert by_server["received_at"] > "2026"


def test_headers_of_our_own_proxy_are_believed_and_of_no_other(collecting: Collecting, arrived: Arrived) -> None:
    settings = {"collector_region_header": "CF-IPCountry", "collector_subdivision_header": "CF-Region-Code"}
    headers = {"cf-ipcountry": "US", "cf-region-code": "CA", "x-forwarded-for": "198.51.100.7"}
    collecting(client=("203.0.113.9", 1), **settings, collector_proxies="10.0.0.0/8").post(
        "/v1/events", json=event(site="by-a-stranger"), headers=headers
    )
    (stranger,) = arrived()
    assert "region" not in stranger


def test_a_region_comes_from_our_proxy(collecting: Collecting, arrived: Arrived) -> None:
    client = collecting(
        client=("10.1.2.3", 1),
        collector_region_header="CF-IPCountry",
        collector_subdivision_header="CF-Region-Code",
        collector_proxies="10.0.0.0/8",
    )
    for place, headers in enumerate(
        ({"cf-ipcountry": "US", "cf-region-code": "CA"}, {"cf-ipcountry": "NO", "cf-region-code": "!"},
         {"cf-ipcountry": "XX"}, {"cf-ipcountry": "T1"}, {"cf-ipcountry": 'N"'}, {})
    ):  # fmt: skip
        client.post("/v1/events", json=event(prompt_id=str(place)), headers=headers)
    found = {e["prompt_id"]: e.get("region") for e in arrived()}
    assert found == {"0": "US-CA", "1": "NO", "2": None, "3": None, "4": None, "5": None}


def test_a_region_comes_from_a_file(collecting: Collecting, arrived: Arrived, tmp_path: Path) -> None:
    file = tmp_path / "regions.mmdb"
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True)
    writer.insert_network(IPSet(["198.51.100.0/24"]), {"country": {"iso_code": "NO"}})
    us = {"country": {"iso_code": "US"}, "subdivisions": [{"iso_code": "CA"}]}
    writer.insert_network(IPSet(["2001:db8::/32"]), us)
    writer.to_db_file(str(file))
    client = collecting(client=("127.0.0.1", 1), collector_region_file=file, collector_proxies="127.0.0.1,10.0.0.0/8")
    for forwarded in ("198.51.100.7", "2001:db8::1", "203.0.113.1", "nonsense", "198.51.100.9, 2001:db8::2, 10.0.0.1"):
        headers = {"x-forwarded-for": forwarded}
        assert client.post("/v1/events", json=event(prompt_id=forwarded), headers=headers).status_code == 202
    found = {e["prompt_id"]: e.get("region") for e in arrived()}
    assert list(found.values()).count(None) == 2
    assert found["198.51.100.7"] == "NO"
    assert found["2001:db8::1"] == "US-CA"
    assert found["198.51.100.9, 2001:db8::2, 10.0.0.1"] == "US-CA", "the last that is not ours"


def test_a_file_that_is_none_of_regions_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "regions.mmdb"
    for content in (None, b"nothing of the kind"):
        if content:
            file.write_bytes(content)
        with pytest.raises(SettingsError, match="CONSENT_COLLECTOR_REGION_FILE"):
            Collector(Settings.load(home=tmp_path / str(bool(content)), collector_region_file=file))


def test_a_client_that_asks_too_often_waits_and_others_do_not(collecting: Collecting, arrived: Arrived) -> None:
    client = collecting(client=("10.0.0.1", 1), collector_rate="5/minute", collector_proxies="10.0.0.0/8")

    def post(address: str) -> Any:
        return client.post("/v1/events", json=event(), headers={"x-forwarded-for": address})

    assert [post("203.0.113.1").status_code for _ in range(7)] == [202] * 5 + [429] * 2
    refused = post("203.0.113.1")
    assert refused.headers["retry-after"] == "60"
    assert refused.json() == {"error": "too many requests"}
    assert post("203.0.113.2").status_code == 202
    v6 = [post(f"2001:db8::{n:x}").status_code for n in range(1, 8)]
    assert v6 == [202] * 5 + [429] * 2, "a /64 is one client"
    assert len(arrived()) == 11


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"content-type": "application/x-www-form-urlencoded"}, b"a=b", 415),
        ({"content-type": "application/json", "content-encoding": "gzip"}, b"\x1f\x8b", 415),
        ({"content-type": "application/json"}, b"x" * 2_000, 413),
        ({"content-type": "application/json"}, b"[" + b",".join([encode(event())] * 6) + b"]", 413),
        ({"content-type": "text/plain"}, b"\n".join([b"{}"] * 6), 413),
        ({"content-type": "application/json"}, b"[" * 900 + b"]" * 900, 400),
        ({"content-type": "application/json"}, b'{"a":' * 300 + b"1" + b"}" * 300, 400),
        ({"content-type": "application/json"}, b'{"banner":{"id":' + b"[" * 500 + b"]" * 500 + b"}}", 400),
        ({"content-type": "application/json"}, b"", 400),
        ({"content-type": "application/json"}, b"[]", 400),
        ({"content-type": "application/json"}, b"\xff\xfe", 400),
        ({"content-type": "application/json"}, b"\x00", 400),
        ({"content-type": "application/json"}, b'{"kind":["x"],"site":{},"subject":1e999,"signals":[]}', 400),
        ({"content-type": "application/json", "sec-gpc": "1"}, b'{"signals":"x"}', 400),
    ],
)
def test_what_cannot_be_taken_gets_the_code_that_says_why(
    collecting: Collecting, arrived: Arrived, headers: dict[str, str], body: bytes, status: int
) -> None:
    client = collecting(collector_max_body=1_900, collector_max_events=5)
    answer = client.post("/v1/events", content=body, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json().keys() <= {"error", "accepted", "rejected"}
    assert arrived() == []


def test_many_sites_and_labels_leave_no_trace_in_memory_or_metrics(collecting: Collecting) -> None:
    client = collecting(collector_unknown_sites="refuse")
    before = len(client.get("/metrics").content)
    for first in range(0, 10_000, 500):
        lines = [encode(event(site=f"site-{n}", kind=f"kind-{n}")) for n in range(first, first + 500)]
        assert client.post("/v1/events", content=b"\n".join(lines)).status_code == 403
    text = client.get("/metrics").text
    assert 'consent_collector_rejected_total{reason="not_allowed"} 10000.0' in text
    assert "site-" not in text
    assert len(text) < before + 1_000


def test_a_repeat_passes_for_staging_counts_it_once(collecting: Collecting, arrived: Arrived) -> None:
    client, sent = collecting(), event()
    assert [client.post("/v1/events", json=sent).status_code for _ in range(3)] == [202] * 3
    assert {e["event_id"] for e in arrived()} == {sent["event_id"]}
    assert len(arrived()) == 3


def test_other_paths_and_methods(collecting: Collecting) -> None:
    client = collecting()
    assert client.get("/v1/events").status_code == 405
    assert client.post("/").json() == {"error": "Not Found"}
    script = client.get("/v1/consent.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert script.headers["cross-origin-resource-policy"] == "cross-origin"
    assert json.loads(client.get("/healthz").text)["status"] == "ok"
