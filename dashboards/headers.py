"""What every response says to the browser: nothing from elsewhere, no script, no framing, no guessing."""

from __future__ import annotations

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECURITY = {
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none';"
        " frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
FRESH = "private, no-cache"  # pages and downloads: may be kept, never shown without asking again


def _raw(headers: dict[str, str]) -> dict[bytes, bytes]:
    """As they go over the wire: worked out once, not for each response."""
    with_age = {**headers, "cache-control": FRESH}
    return {name.encode("latin-1"): value.encode("latin-1") for name, value in with_age.items()}


def _embedded(frame_ancestors: str) -> dict[str, str]:
    """The same for charts that others may show in a frame; X-Frame-Options cannot name whom."""
    policy = SECURITY["content-security-policy"].replace("frame-ancestors 'none'", f"frame-ancestors {frame_ancestors}")
    left = {name: value for name, value in SECURITY.items() if name != "x-frame-options"}
    return {**left, "content-security-policy": policy, "cross-origin-resource-policy": "cross-origin"}


class SecurityHeaders:
    """Adds the headers to each response that does not set them itself."""

    def __init__(self, app: ASGIApp, frame_ancestors: str = "'none'") -> None:
        self.app = app
        self._usual, self._embedded = _raw(SECURITY), _raw(_embedded(frame_ancestors))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the response back with headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = self._embedded if scope["path"].startswith("/embed/") else self._usual
                given = {name.lower() for name, _value in message["headers"]}
                message["headers"] = [*message["headers"], *(pair for pair in ours.items() if pair[0] not in given)]
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


class CachedStatic(StaticFiles):
    """Static files; pages name their version in the address, so browsers need not ask again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, to be kept for a year."""
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response
