"""Takes the pictures in docs/images from a demo in a temporary folder: `make screenshots`."""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from datetime import UTC, datetime
from pathlib import Path

from playwright.sync_api import sync_playwright

from consent.settings import ROOT, Settings
from dashboards.app import serve
from pipelines.demo import run_demo

PAGES = {"overview": "/", "findings": "/findings?severity=critical", "quality": "/quality"}
END = datetime(2026, 11, 22, tzinfo=UTC)


def main() -> None:
    """Write docs/images/<page>.png, 1280 px wide."""
    chromium = shutil.which("chromium") or sys.exit("no chromium here: apt-get install chromium")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings.load(home=Path(folder) / "home")
        run_demo(settings, events=50_000, seed=1, end=END, progress=lambda *_: None)
        addresses: list[str] = []
        ready = threading.Event()

        def on_ready(url: str) -> None:
            addresses.append(url)
            ready.set()

        arguments = {"host": "127.0.0.1", "port": 0, "on_ready": on_ready}
        threading.Thread(target=serve, args=(settings,), kwargs=arguments, daemon=True).start()
        ready.wait(30)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            for name, path in PAGES.items():
                page.goto(addresses[0].rstrip("/") + path)
                page.screenshot(path=ROOT / "docs" / "images" / f"{name}.png", full_page=name == "overview")
            browser.close()


if __name__ == "__main__":
    main()
