"""The browser snippet as it is served: made small once, by `make snippet`, and compressed once, here."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from pathlib import Path

from starlette.responses import Response

SOURCE = Path(__file__).parent / "static" / "consent.js"
SERVED = SOURCE.with_suffix(".min.js")


class Snippet:
    """The script, plain and gzip-compressed, with a tag by which browsers ask whether it changed."""

    def __init__(self) -> None:
        self._plain = SERVED.read_bytes()
        self._small = gzip.compress(self._plain, 9, mtime=0)
        self._tag = f'"{hashlib.sha256(self._plain).hexdigest()[:16]}"'

    def response(self, headers: Mapping[str, str]) -> Response:
        """The answer to a request with these headers; 304 where the browser has it already."""
        known = {
            "cache-control": "public, max-age=3600",
            "access-control-allow-origin": "*",
            "vary": "Accept-Encoding",
            "etag": self._tag,
        }
        if self._tag in headers.get("if-none-match", ""):
            return Response(status_code=304, headers=known)
        if "gzip" in headers.get("accept-encoding", ""):
            known["content-encoding"] = "gzip"
            return Response(self._small, media_type="text/javascript", headers=known)
        return Response(self._plain, media_type="text/javascript", headers=known)
