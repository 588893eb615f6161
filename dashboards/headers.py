"""What every response says to the browser: nothing from elsewhere, no script, no framing, no guessing."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
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


def _embedded(frame_ancestors: str) -> dict[str, str]:
    """The same for charts that others may show in a frame; X-Frame-Options cannot name whom."""
    policy = SECURITY["content-security-policy"].replace("frame-ancestors 'none'", f"frame-ancestors {frame_ancestors}")
    left = {name: value for name, value in SECURITY.items() if name != "x-frame-options"}
    return {**left, "content-security-policy": policy, "cross-origin-resource-policy": "cross-origin"}


class SecurityHeaders:
    """Adds the headers to each response that does not set them itself."""

    def __init__(self, app: ASGIApp, frame_ancestors: str = "'none'") -> None:
        self.app = app
        self._embedded = _embedded(frame_ancestors)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the response back with headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                framed = scope["path"].startswith("/embed/")
                for name, value in (self._embedded if framed else SECURITY).items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", FRESH)
            await send(message)

        await self.app(scope, receive, with_headers if scope["type"] == "http" else send)


class CachedStatic(StaticFiles):
    """Static files; pages name their version in the address, so browsers need not ask again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, to be kept for a year."""
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response
