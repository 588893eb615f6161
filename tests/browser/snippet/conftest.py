"""All visits at once in one Chromium, through one collector and one broker, landed and built once."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from consent.build import set_run
from consent.policies import Registry
from consent.settings import ROOT, Settings
from ingestion.ingest import ingest
from ingestion.topics import ensure_topic
from snippet.site import BANNERS, shop
from snippet.visits import VISITS, Seen, Visit, Visitor
from tests.conftest import require
from tests.sql.build import build_all

AT_ONCE = 6
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A headless browser says so and is taken for a bot; a visitor's does not.
    "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0",
]
# Tells whether it is the snippet that writes to cookies or web storage.
WATCH_WRITES = """
(() => {
  const mine = [];
  const note = (what) => { if (/consent\\.js/.test(new Error().stack)) mine.push(what); };
  const cookie = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
  Object.defineProperty(Document.prototype, 'cookie', {
    ...cookie, set(text) { note(`cookie ${text.split('=')[0]}`); cookie.set.call(this, text); },
  });
  const set = Storage.prototype.setItem;
  Storage.prototype.setItem = function (key, value) { note(`storage ${key}`); set.call(this, key, value); };
  const read = (run) => { try { return run(); } catch (error) { return null; } };
  window.onDevice = () => ({
    mine,
    cookies: read(() => document.cookie) || '',
    storage: read(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]) || [],
  });
})();
"""


@pytest.fixture(scope="session")
def chromium_path() -> str:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        require("no Chromium: apt-get install chromium")
    if not (BANNERS / "klaro").is_dir():
        require("no banners to drive: make banners (needs npm)")
    return str(found)


@dataclass(frozen=True)
class Collection:
    """A collector that runs, with the settings by which what it took can be ingested."""

    address: str
    settings: Settings


@pytest.fixture(scope="session")
def collection(embedded_kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collection]:
    """`consent collect` as a user starts it."""
    topic = "consent.snippet"
    ensure_topic(embedded_kafka, topic, partitions=2, timeout=10)
    settings = Settings.load(
        home=tmp_path_factory.mktemp("snippet"), kafka_bootstrap_servers=embedded_kafka, topic=topic
    )
    environment = {
        "PATH": str(Path(sys.executable).parent),
        "CONSENT_KAFKA_BOOTSTRAP_SERVERS": embedded_kafka,
        "CONSENT_TOPIC": topic,
    }
    with subprocess.Popen(
        [Path(sys.executable).with_name("consent"), "collect", "--port", "0", "--home", settings.home],
        env=environment,
        cwd=settings.home,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout
            said = process.stdout.readline()
            address = re.search(r"http://\S+?(?=/v1)", said)
            assert address, said
            yield Collection(address[0], settings)
        finally:
            process.terminate()
            process.wait(20)


@dataclass(frozen=True)
class Landed:
    """All visits, and the warehouse with what came of them."""

    seen: dict[str, Seen]
    connection: duckdb.DuckDBPyConnection


@pytest.fixture(scope="session")
def landed(chromium_path: str, collection: Collection) -> Iterator[Landed]:
    """Every visit made, everything ingested, every model built."""
    seen: dict[str, Seen] = {}
    with shop(collection.address) as address:
        # In a thread: Playwright's loop must not be the one that other tests find running.
        thread = threading.Thread(target=lambda: seen.update(asyncio.run(_visit_all(chromium_path, address))))
        thread.start()
        thread.join()
    assert seen.keys() == {visit.id for visit in VISITS}
    ingest(collection.settings, until_caught_up=True)
    with duckdb.connect(collection.settings.warehouse) as connection:
        Registry.load(ROOT / "policies").write(connection)
        set_run(connection, datetime.now(UTC).replace(tzinfo=None) + timedelta(minutes=1))
        build_all(connection)
        yield Landed(seen, connection)


async def _visit_all(chromium: str, address: str) -> dict[str, Seen]:
    from playwright.async_api import async_playwright

    turns = asyncio.Semaphore(AT_ONCE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)

        async def one(visit: Visit) -> Seen:
            async with turns:
                return await _visit(browser, visit, address)

        seen = await asyncio.gather(*map(one, VISITS))
        await browser.close()
    return {visit.id: result for visit, result in zip(VISITS, seen, strict=True)}


async def _visit(browser: Any, visit: Visit, address: str) -> Seen:
    seen = Seen()
    headers = {"Sec-GPC": "1"} if visit.gpc else {}
    context = await browser.new_context(extra_http_headers=headers)
    await context.add_init_script(WATCH_WRITES)
    if visit.gpc:
        await context.add_init_script("Object.defineProperty(navigator, 'globalPrivacyControl', {value: true})")
    outages = iter(range(visit.outages))
    if visit.outages:
        await context.route(
            "**/v1/events", lambda route: route.continue_() if next(outages, None) is None else route.abort()
        )
    page = await context.new_page()
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    if visit.quiet:
        page.on("console", lambda message: seen.errors.append(message.text))
    page.on("request", lambda request: seen.told.extend(_kinds(request)))
    visitor = Visitor(page, visit, f"{address}/{visit.platform}?version={visit.name}{visit.options}", seen)
    try:
        await visit.drive(visitor)
    except Exception as failure:  # noqa: BLE001 - it is the visit's own test that fails
        seen.failure = failure
    await asyncio.sleep(1)  # what is kept alive goes out after the page, on a busy machine later
    await context.close()
    return seen


def _kinds(request: Any) -> list[str]:
    told = request.post_data if request.url.endswith("/v1/events") else None
    return [event["kind"] for event in json.loads(told)] if told else []
