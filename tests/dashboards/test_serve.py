"""Serving: a free port, word of the address, and a clear line where the address cannot be had."""

from __future__ import annotations

import socket
import threading
import urllib.request

import pytest

from consent.errors import ConsentError
from consent.settings import Settings
from dashboards.app import serve


def test_port_0_serves_on_a_free_port(settings: Settings) -> None:
    addresses: list[str] = []
    ready = threading.Event()

    def tell(address: str) -> None:
        addresses.append(address)
        ready.set()

    threading.Thread(target=serve, args=(settings, "127.0.0.1", 0, tell), daemon=True).start()
    assert ready.wait(30)
    with urllib.request.urlopen(f"{addresses[0]}healthz", timeout=10) as answer:
        assert answer.read() == b'{"status":"ok","as_of":"2026-11-16T00:00:00Z"}'


def test_a_port_in_use_is_one_clear_line(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConsentError, match=rf"^127\.0\.0\.1:{port}: the port is in use"):
            serve(settings, "127.0.0.1", port)


@pytest.mark.parametrize(("host", "port"), [("nowhere.invalid", 0), ("127.0.0.1", 70_000), ("203.0.113.7", 0)])
def test_an_address_that_cannot_be_had_is_explained(settings: Settings, host: str, port: int) -> None:
    reachable = settings.model_copy(update={"dashboard_access": "token"})
    with pytest.raises(ConsentError, match=r"not an address|expected 0|cannot listen"):
        serve(reachable, host, port)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "203.0.113.7"])
def test_others_are_not_let_in_unless_something_asks_who_they_are(settings: Settings, host: str) -> None:
    with pytest.raises(ConsentError, match=r"CONSENT_DASHBOARD_ACCESS is local; expected 127\.0\.0\.1"):
        serve(settings, host, 0)
