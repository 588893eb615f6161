"""A real Chromium over the app as it is served; `CONSENT_TEST_REQUIRE_ALL=1` makes its absence a failure."""

from __future__ import annotations

import os
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from consent.settings import Settings
from dashboards.app import serve

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "dashboards"))  # for `published`

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the app answers, over two weeks of hand-checkable counts."""
    import published

    settings = Settings.load(home=published.home(tmp_path_factory.mktemp("published")))
    told: list[str] = []
    ready = threading.Event()

    def tell(address: str) -> None:
        told.append(address)
        ready.set()

    threading.Thread(target=serve, args=(settings, "127.0.0.1", 0, tell), daemon=True).start()
    assert ready.wait(30)
    return told[0].rstrip("/")


@pytest.fixture(scope="module")  # while Playwright is at work, nothing else can use asyncio in this thread
def chromium() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        missing = "no Chromium: apt-get install chromium"
        pytest.fail(missing) if os.environ.get("CONSENT_TEST_REQUIRE_ALL") == "1" else pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()
