"""Languages: every message translated, nothing on a page left in another language, links that stay in theirs."""

from __future__ import annotations

import io
import re

import published
import pytest
from babel.messages.pofile import read_po
from starlette.testclient import TestClient

from consent.settings import Settings
from dashboards import i18n, messages, wording
from dashboards.charts import draw
from dashboards.reports import Report, write_report
from tests.dashboards.test_charts import chart

CATALOG = i18n.LOCALES / "nb" / "LC_MESSAGES" / "messages.po"
PAGES = ["/", "/rates", "/banner", "/findings", f"/findings/{published.CRITICAL}", "/inventory", "/audit", "/rules",
         "/expiry?under=FR", "/alerts", "/quality", "/sites", "/people", "/account"]  # fmt: skip
_PLACES = re.compile(r"%\((\w+)\)[sd]")


def test_every_message_is_translated_with_the_same_places_to_fill() -> None:
    catalog = read_po(io.BytesIO(CATALOG.read_bytes()), locale="nb")
    known = {message.id: message for message in catalog if message.id}
    wanted = [message.id for message in messages.extract() if message.id]
    assert len(wanted) > 400
    missing = [one for one in wanted if one not in known or not all(_strings(known[one].string))]
    assert missing == [], "run `make messages`, then translate what is empty in the catalog"
    for one in wanted:
        places = {frozenset(_PLACES.findall(text)) for text in _strings(known[one].string)}
        assert places == {frozenset(_PLACES.findall(_strings(one)[-1]))}, one
    assert [one for one in known if one not in wanted] == [], "run `make messages`"


def _strings(value: str | tuple[str, ...] | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@pytest.mark.parametrize("template", sorted((messages.HERE / "templates").glob("*.html")), ids=lambda p: p.name)
def test_templates_hold_no_text_of_their_own(template) -> None:  # type: ignore[no-untyped-def]
    text = template.read_text(encoding="utf-8")
    text = re.sub(r"\{%-?\s*trans.*?endtrans\s*-?%\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
    spoken = re.findall(r'(?:title|aria-label|alt|placeholder)="([^"]*)"', text)
    text = re.sub(r"<style.*?</style>|<code.*?</code>|<[^>]*>", " ", text, flags=re.DOTALL)
    words = re.findall(r"[A-Za-z]{3,}", " ".join([text, *spoken]))
    assert [word for word in words if word not in {"CSV", "JSON", "SVG", "PNG"}] == []


@pytest.mark.parametrize("address", PAGES)
def test_pages_speak_norwegian(client: TestClient, address: str) -> None:
    answer = client.get(address, headers={"accept-language": "nb-NO,nb;q=0.9,en;q=0.5"})
    assert answer.status_code == 200
    assert '<html lang="nb">' in answer.text
    assert ">Nettsteder<" in answer.text
    assert "lang=nb" not in answer.text.replace("lang=nb-", "")  # a language that the browser chose is not forced on


def test_the_language_of_an_address_goes_before_the_browsers_and_stays_in_links(client: TestClient) -> None:
    page = client.get("/?lang=nb&site=a.example", headers={"accept-language": "en"}).text
    assert "Markedsføring: 40,0\u00a0% sa ja, opp 10,0 prosentpoeng" in page
    assert "15. nov. 2026" in page
    assert '<input type="hidden" name="lang" value="nb">' in page
    inside = re.findall(r'<a[^>]* href="(/[^"]*)"', page)
    assert len(inside) > 15
    assert [href for href in inside if "lang=" not in href] == []
    assert 'hreflang="en"' in page


def test_an_unknown_language_is_not_an_error(client: TestClient) -> None:
    assert '<html lang="en">' in client.get("/?lang=xx").text


def test_charts_write_numbers_and_months_as_the_language_does() -> None:
    with i18n.speaking("nb"):
        svg = draw(chart(), 760)
        assert "14. nov" in svg
        assert "20\u00a0%" in svg
        assert "mellom" in svg
        assert wording.count(-12345) == "−12\u00a0345"
        assert wording.percent(0.4123) == "41,2\u00a0%"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("", "en"), ("de", "en"), ("no", "nb"), ("nn-NO", "nb"), ("en;q=0.4, nb;q=0.6", "nb"), (";;q=x,,", "en")],
)
def test_the_browsers_wish(accepted: str, language: str) -> None:
    assert i18n.preferred(accepted) == language


def test_alerts_and_experiments_are_said_in_the_language_of_the_page(client: TestClient) -> None:
    alerts = client.get("/alerts?lang=nb").text
    assert (
        "Andel ja (markedsføring) på a.example falt til 20,0\u00a0% den 15. nov. 2026; ventet var 40,0\u00a0%" in alerts
    )
    assert "region NO (−19,0 prosentpoeng, fordi andelen endret seg)" in alerts
    assert "Opt-in rate (marketing) at a.example fell to 20.0% on 15 Nov 2026" in client.get("/alerts?lang=en").text
    banner = client.get("/banner?lang=nb").text
    told = "b vinner: 40,0\u00a0% sier ja til markedsføring, mot 30,0\u00a0% med a: +33,3\u00a0%"
    assert f"{told} (95\u00a0%-intervall +20,0\u00a0% til +40,0\u00a0%)." in banner.replace("95 %", "95\u00a0%")
    assert "b wins: 40.0% opt in to marketing, against 30.0% of a: +33.3%" in client.get("/banner?lang=en").text


def test_a_constant_in_a_template_is_in_the_language_of_each_page(client: TestClient) -> None:
    english, norwegian = (client.get(f"/expiry?under=FR&lang={language}").text for language in ("en", "nb"))
    assert ">30 days<" in english
    assert ">30 dager<" in norwegian
    assert ">30 days<" not in norwegian
    assert ">Visninger mangler<" in client.get("/quality?lang=nb").text


_PROSE = re.compile(r"[a-z]{2,} [a-z]{2,}")
# What the snapshot of these tests holds in English, and no catalogue of ours has.
_OF_THE_DATA = ("What storage after a refusal means", "What lifetime over the cap means", "img src", "written for …")


@pytest.mark.parametrize("address", PAGES)
def test_nothing_on_a_norwegian_page_is_said_as_on_the_english_one(client: TestClient, address: str) -> None:
    both = [f"{address}{'&' if '?' in address else '?'}lang={language}" for language in ("en", "nb")]
    english, norwegian = (_said(client.get(one).text) for one in both)
    assert len(norwegian) > 3
    assert english & norwegian == set()


def test_nothing_in_a_norwegian_report_is_said_as_in_the_english_one(settings: Settings) -> None:
    asked = (Report(period="2026-W46", language=language, formats=("html",)) for language in ("en", "nb"))
    english, norwegian = (_said(write_report(settings, one).files["report.html"].decode()) for one in asked)
    assert len(norwegian) > 3
    assert english & norwegian == set()


def _said(page: str) -> set[str]:
    """The prose of a page, but for what is marked as English, code, and the data of these tests."""
    page = re.sub(r"<(style|code)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
    page = re.sub(r'<(\w+)[^>]* lang="en"[^>]*>.*?</\1>', "", page, flags=re.DOTALL)
    spoken = re.findall(r'(?:title|aria-label|alt|placeholder)="([^"]*)"', page)
    texts = {" ".join(text.split()) for text in (*re.findall(r">([^<>]+)<", page), *spoken)}
    return {text for text in texts if _PROSE.search(text) and not any(part in text for part in _OF_THE_DATA)}
