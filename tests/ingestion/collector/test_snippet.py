"""The snippet as it is served: small, made from its source, and not sent twice."""

from __future__ import annotations

import gzip
import subprocess

from consent.settings import ROOT
from ingestion.collector.snippet import SERVED, SOURCE, Snippet
from tests.conftest import require

MOST_BYTES = 4 * 1024
TERSER = ROOT / "tests/browser/banners/node_modules/.bin/terser"


def test_it_is_at_most_4_kb_as_served() -> None:
    response = Snippet().response({"accept-encoding": "gzip, deflate, br"})
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["vary"] == "Accept-Encoding"
    assert len(response.body) <= MOST_BYTES
    assert gzip.decompress(response.body) == SERVED.read_bytes()
    assert Snippet().response({}).body == SERVED.read_bytes()


def test_a_browser_that_has_it_gets_no_second_copy() -> None:
    snippet = Snippet()
    tag = snippet.response({}).headers["etag"]
    again = snippet.response({"if-none-match": f"W/{tag}"})
    assert (again.status_code, again.body) == (304, b"")
    assert snippet.response({"if-none-match": '"other"'}).status_code == 200


def test_it_is_made_from_its_source() -> None:
    if not TERSER.exists():
        require("no minifier: make banners (needs npm)")
    options = ["--ecma", "2020", "--compress", "passes=3,unsafe_arrows", "--mangle"]
    made = subprocess.run([TERSER, SOURCE, *options], check=True, capture_output=True, text=True)
    assert made.stdout.strip() == SERVED.read_text().strip(), "make snippet"
    assert SOURCE.stat().st_size > SERVED.stat().st_size
