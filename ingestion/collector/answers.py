"""Answers as JSON, and what every one of them says to the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"cross-origin"),  # pages of other origins are whom this is for
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
_PREFLIGHT = {
    "access-control-allow-methods": "POST",
    "access-control-allow-headers": "content-type, x-write-key",
    "access-control-max-age": "86400",
}


def answer(status: int, accepted: int, rejected: Sequence[tuple[int, str]], headers: Mapping[str, str]) -> Response:
    """What became of the events of a request."""
    content = {
        "accepted": accepted,
        "rejected": [{"index": place, "reason": reason} for place, reason in rejected],
    }
    return Response(orjson.dumps(content), status, headers, "application/json")


class Refused(Exception):
    """A request that is not taken at all; `close`: nor is the rest of it read. `retry_after` is in seconds."""

    def __init__(self, status: int, error: str, *, retry_after: int | None = None, close: bool = False) -> None:
        super().__init__(error)
        self.status = status
        self.headers = {}
        if retry_after is not None:
            self.headers["retry-after"] = str(retry_after)
        if close:
            self.headers["connection"] = "close"

    def response(self, headers: Mapping[str, str]) -> Response:
        """As it is sent."""
        return problem(self.status, str(self), {**headers, **self.headers})


def problem(status: int, error: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error in the form that all of them have."""
    return Response(orjson.dumps({"error": error}), status, headers, "application/json")


def preflight(allow: str | None) -> Response:
    """The answer to a browser that asks whether a page may post; `allow`: the origin that may, or *."""
    if allow is None:
        return Response(status_code=403, headers={"vary": "Origin"})
    return Response(status_code=204, headers={**_PREFLIGHT, "access-control-allow-origin": allow, "vary": "Origin"})


class SecurityHeaders:
    """Adds the headers to each response that does not set them itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the response back with headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name for name, _ in message["headers"]}
                message["headers"] += [header for header in _HEADERS if header[0] not in there]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)
