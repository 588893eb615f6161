"""The PDF as a file: its pages, text, tags, bookmarks and fonts, and the same bytes twice."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pypdf import PdfReader

from consent.settings import Settings
from dashboards.reports import Report, write_report
from dashboards.reports.pdf import to_pdf
from tests.conftest import require


@pytest.fixture(scope="module")
def pdf(settings: Settings) -> bytes:
    try:
        import weasyprint  # noqa: F401
    except OSError:
        require("no Pango: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0")
    return write_report(settings, Report(formats=("pdf",))).files["report.pdf"]


@pytest.fixture(scope="module")
def reader(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def titles(outline: list[Any]) -> list[str]:
    return [title for entry in outline for title in (titles(entry) if isinstance(entry, list) else [str(entry.title)])]


def test_it_says_what_the_page_says(reader: PdfReader) -> None:
    text = " ".join(" ".join(page.extract_text().split()) for page in reader.pages)
    assert "Marketing opt-in is 23.9%, down 6.1 points on the 7 days before." in text
    assert "385 of 1,610 prompts" in text
    assert "Storage after a refusal" in text
    assert "How each number is made" in text
    assert "subject_never_shown_42" not in text


def test_pages_are_numbered_and_headings_are_bookmarks(reader: PdfReader) -> None:
    last = len(reader.pages)
    assert f"{last} / {last}" in reader.pages[-1].extract_text()
    assert {"What changed", "Opt-in rate", "Open findings", "Consents that run out"} <= set(titles(reader.outline))


def test_it_can_be_read_aloud(reader: PdfReader) -> None:
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] is True or bool(root["/MarkInfo"]["/Marked"])
    assert "/StructTreeRoot" in root
    assert root["/Lang"] == "en"
    assert reader.metadata is not None
    assert reader.metadata.title == "Consent report, Week 46, 2026"


def test_every_font_is_inside(reader: PdfReader) -> None:
    fonts = [font.get_object() for page in reader.pages for font in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        [inner] = font["/DescendantFonts"]
        descriptor = inner.get_object()["/FontDescriptor"].get_object()
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & descriptor.keys()


def test_nothing_reaches_past_the_edge_of_the_paper(reader: PdfReader) -> None:
    """A table wider than the page would begin its last column beyond it."""
    for page in reader.pages:
        placed: list[float] = []

        def note(text: str, outer: list[float], own: list[float], *_: Any, placed: list[float] = placed) -> None:
            if text.strip():
                placed.append(own[4] * outer[0] + outer[4])

        page.extract_text(visitor_text=note)
        assert max(placed) < float(page.mediabox.width)


def test_the_same_again_is_the_same_bytes(settings: Settings, pdf: bytes) -> None:
    assert write_report(settings, Report(formats=("pdf",))).files["report.pdf"] == pdf


def test_nothing_is_fetched() -> None:
    """A picture from elsewhere stays out, and nobody is asked for it."""
    assert to_pdf("<html lang=en><title>t</title><p>words<img alt='' src='http://127.0.0.1:9/x.png'></html>")
