"""Every page in a real browser: both languages, at a desk and on a phone, light and dark, nothing serious for axe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import published
import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser

PAGES = {
    "/": "Marketing",
    "/rates?metric=consent_rate&by=site": "",
    "/banner": "b",
    "/findings": "",
    f"/findings/{published.CRITICAL}": "",
    "/inventory": "1",
    "/audit": "",
    "/rules": "",
    "/expiry?under=FR": "Marketing",
    "/alerts": "1",
    "/quality": "5",
    "/sites": "",
    "/people": "",
    "/?site=nowhere": "",
}
ROUNDS = [("en", 1280, "light"), ("nb", 390, "dark")]


@pytest.fixture(params=ROUNDS, ids=lambda one: "-".join(map(str, one)))
def visit(chromium: Any, address: str, request: pytest.FixtureRequest) -> Iterator[Any]:
    """Go to a page in one round's language, width and scheme; nothing may leave the host or complain."""
    language, width, scheme = request.param
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, locale={"en": "en-GB", "nb": "nb-NO"}[language]
    )
    page = context.new_page()
    requested: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda sent: requested.append(sent.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def go(path: str) -> Any:
        page.goto(address + path)
        assert page.get_attribute("html", "lang") == language
        return page

    yield go
    context.close()
    assert [url for url in requested if not url.startswith((f"{address}/", "data:", "blob:"))] == []
    assert [text for text in complaints if "400 (Bad Request)" not in text] == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_and_is_accessible(visit: Any, path: str) -> None:
    page = visit(path)
    assert PAGES[path] in page.inner_text("h1") or "Markedsføring" in page.inner_text("h1")
    for summary in page.locator("summary").all():
        summary.click()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    found = Axe().run(page).response["violations"]
    grave = [
        (one["id"], node["target"], node["failureSummary"])
        for one in found
        for node in one["nodes"]
        if one["impact"] in {"serious", "critical"}
    ]
    assert grave == []


def test_a_link_to_the_other_language_shows_the_same_view(visit: Any) -> None:
    page = visit("/rates?metric=interaction_rate&by=site&from=2026-11-02")
    page.locator("a[hreflang]").click()
    page.wait_for_url("**lang=**")
    assert "metric=interaction_rate" in page.url
    assert page.locator("#f-metric").input_value() == "interaction_rate"
    page.go_back()
    assert "lang=" not in page.url


def test_someone_answers_for_a_finding(chromium: Any, address: str) -> None:
    page = chromium.new_page()
    page.goto(f"{address}/findings?site=a.example&lang=en")
    page.get_by_role("link", name="Storage after a refusal").click()
    page.get_by_label("Until").fill("2999-12-31")
    page.get_by_label("Your name").fill("Kari")
    page.get_by_label("Why").fill("the vendor mends it")
    page.get_by_role("button", name="Acknowledge", exact=True).click()
    page.wait_for_load_state()
    assert "Acknowledged until 31 Dec 2999" in page.inner_text("main")
    assert (
        page.locator("section[aria-labelledby=history] tbody tr")
        .first.inner_text()
        .startswith(page.locator("section[aria-labelledby=history] td").first.inner_text())
    )
    page.get_by_role("button", name="Take the acknowledgement back").click()
    page.wait_for_load_state()
    assert "Acknowledged until" not in page.inner_text("main")
    page.close()


def test_rates_are_asked_for_and_compared(chromium: Any, address: str) -> None:
    page = chromium.new_page()
    page.goto(f"{address}/rates?lang=en")
    page.get_by_label("Metric").select_option("interaction_rate")
    page.get_by_label("By", exact=True).select_option("site")
    page.get_by_label("From").fill("2026-11-09")
    page.get_by_label("To", exact=True).fill("2026-11-15")
    page.get_by_role("button", name="Show").click()
    page.wait_for_url("**by=site**")
    row = page.locator("section[aria-labelledby=side] tbody tr", has_text="a.example").inner_text()
    assert "60.0%" in row
    assert "±0.0" in row
    page.close()
