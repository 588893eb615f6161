"""A report as PDF: tagged (PDF/UA-1), with bookmarks, page numbers and embedded fonts, made by WeasyPrint.

The same HTML gives the same bytes: the document's dates are those of the data, and its id is a hash of its content.
"""

from __future__ import annotations

import logging

from consent.errors import ConsentError

logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it warns of every rule that only browsers follow
logging.getLogger("fontTools").setLevel(logging.ERROR)


def to_pdf(html: str) -> bytes:
    """The document as PDF. Raises ConsentError where the machine lacks Pango, which lays the text out."""
    try:
        from weasyprint import HTML  # noqa: PLC0415 - loads Pango, which not every machine has
        from weasyprint.urls import URLFetcher  # noqa: PLC0415
    except OSError:
        raise ConsentError("PDF needs Pango: apt-get install libpango-1.0-0 libpangoft2-1.0-0") from None
    # A report carries everything: no address of any kind is fetched.
    nothing = URLFetcher(allowed_protocols=())
    written: bytes = HTML(string=html, url_fetcher=nothing).write_pdf(pdf_variant="pdf/ua-1")
    return written
