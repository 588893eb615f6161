"""The overview as a visitor uses it: choose a site, see its numbers, take them along, at a desk and on a phone."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

pytestmark = pytest.mark.browser

WIDTHS = [1280, 390]


@pytest.fixture(params=WIDTHS)
def page(chromium: Any, address: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A page at each width; nothing it does may leave the host or complain in the console."""
    context = chromium.new_context(viewport={"width": request.param, "height": 900}, accept_downloads=True)
    page = context.new_page()
    requested: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda sent: requested.append(sent.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert requested
    assert [url for url in requested if not url.startswith((f"{address}/", "data:", "blob:"))] == []
    assert complaints == []


def test_choosing_a_site_changes_the_address_and_the_numbers(page: Any, address: str, tmp_path: Path) -> None:
    page.goto(address)
    assert "23.9%" in page.inner_text("h1")
    page.get_by_label("Site").select_option("a.example")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**site=a.example**")
    query = parse_qs(urlsplit(page.url).query)
    assert query == {"site": ["a.example"], "from": ["2026-08-18"], "to": ["2026-11-15"]}
    assert page.inner_text("h1") == "Marketing opt-in is 40.0%, up 10.0 points on the 7 days before."
    assert "280 of 700 prompts" in page.inner_text("main")

    with page.expect_download() as started:
        page.locator('a[href^="/data/opt_in.csv"]').click()
    file = tmp_path / started.value.suggested_filename
    started.value.save_as(file)
    assert file.name == "consent_opt_in_2026-08-18_2026-11-15.csv"
    with file.open(encoding="utf-8", newline="") as text:
        rows = [row for row in csv.DictReader(text) if row["category"] == "marketing"]
    assert {row["site"] for row in rows} == {"a.example"}
    assert sum(int(row["granted"]) for row in rows) == 7 * 30 + 7 * 40

    page.go_back()
    assert "23.9%" in page.inner_text("h1")


def test_a_chart_has_a_name_tooltips_and_a_table(page: Any, address: str) -> None:
    page.goto(f"{address}/?site=a.example")
    drawn = page.locator("figure svg:visible")
    assert drawn.count() == 2
    assert drawn.first.get_attribute("aria-label").startswith("Opt-in rate per category, by day. Marketing: 30.0%")
    tips = drawn.first.locator("title").all_text_contents()
    assert "Marketing, 15 Nov 2026: 40.0% (40 of 100 prompts)" in tips
    page.locator("figure summary").first.click()
    first = page.locator("figure table").first.locator("tbody tr").first
    assert " ".join(first.inner_text().split()) == "15 Nov 2026 Marketing 40.0% 30.9–49.8% 40 100 66.7% 60"


def test_the_keyboard_alone_gets_to_the_content_and_to_definitions(page: Any, address: str) -> None:
    page.goto(address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.title").startswith("Opt-in rate = granted ÷ prompts.")
