"""Takes the pictures in docs/images from a demo in a temporary folder: `make screenshots`."""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import sync_playwright

from consent.settings import ROOT, Settings
from dashboards import pages
from dashboards.app import serve
from pipelines.demo import run_demo

PAGES = {
    "overview": "/",
    "rates": "/rates",
    "banner": "/banner",
    "findings": "/findings?severity=critical",
    "inventory": "/inventory?status=undeclared",
    "audit": "/audit?site=videonor&under=FR",
    "rules": "/rules",
    "expiry": "/expiry?under=FR",
    "alerts": "/alerts",
    "quality": "/quality",
    "sites": "/sites",
}
WHOLE = {"overview", "rates", "expiry"}  # pages short enough to show down to their end
END = datetime(2026, 11, 22, tzinfo=UTC)


def main() -> None:
    """Write docs/images/<page>.png, 1280 px wide; the overview also in the dark, and on a phone in Norwegian."""
    pages.STALE = timedelta.max  # the demo ends on the same day whenever this runs, and is looked at on that day
    chromium = shutil.which("chromium") or sys.exit("no chromium here: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load(home=Path(folder) / "home")
        run_demo(settings, events=50_000, seed=1, end=END, progress=lambda *_: None)
        addresses: list[str] = []
        ready = threading.Event()

        def on_ready(url: str) -> None:
            addresses.append(url.rstrip("/"))
            ready.set()

        arguments = {"host": "127.0.0.1", "port": 0, "on_ready": on_ready}
        threading.Thread(target=serve, args=(settings,), kwargs=arguments, daemon=True).start()
        ready.wait(60)
        images = ROOT / "docs" / "images"
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="en-GB")
            for name, path in PAGES.items():
                page.goto(addresses[0] + path)
                page.screenshot(path=images / f"{name}.png", full_page=name in WHOLE)
            page.goto(f"{addresses[0]}/findings?severity=critical")
            page.locator("tbody a").first.click()
            page.wait_for_load_state()
            page.screenshot(path=images / "finding.png", full_page=True)
            page.emulate_media(color_scheme="dark")
            page.goto(addresses[0])
            page.screenshot(path=images / "overview-dark.png")
            phone = browser.new_page(viewport={"width": 390, "height": 844}, locale="nb-NO", device_scale_factor=2)
            phone.goto(addresses[0])
            phone.screenshot(path=images / "overview-phone.png")
            browser.close()


if __name__ == "__main__":
    main()
