"""The gate: every request is someone's, or it goes no further."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import quote, urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from consent.dashboard_settings import listed
from consent.errors import ConsentError
from consent.settings import Settings
from dashboards.access.roles import role_of
from dashboards.access.tokens import Bearers
from dashboards.access.visitors import LOCAL, Role, Visitor

_OPEN = ("/healthz", "/static/", "/auth/")
_FOR_TOOLS = ("/api/", "/data/", "/charts/", "/embed/")
_LOOPBACK_NAMES = {"127.0.0.1", "localhost", "::1", "[::1]"}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_open_doors(settings: Settings, host: str) -> None:
    """Raise ConsentError where others could reach the dashboard and nothing would ask who they are."""
    if settings.dashboard_access == "local" and not is_loopback(host):
        raise ConsentError(
            f"{host}: others could reach the dashboard there, and CONSENT_DASHBOARD_ACCESS is local; expected "
            "127.0.0.1, or access set to token, proxy or oidc (docs/dashboard.md)"
        )


class Gate:
    """Puts the visitor into the request's scope, or answers that there is none."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self._settings = settings
        self._access = settings.dashboard_access
        self._bearers = Bearers(settings)
        self._proxies = [ip_network(part) for part in listed(settings.dashboard_trusted_proxies)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on with its visitor, or answer it here."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        if (refused := self._wrong_host(request)) is not None:
            await refused(scope, receive, send)
            return
        found = self._visitor(request)
        if isinstance(found, Visitor):
            scope["visitor"] = found
        elif not request.url.path.startswith(_OPEN):
            await (found or self._unknown(request))(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _visitor(self, request: Request) -> Visitor | Response | None:
        if "authorization" in request.headers:
            scheme, _, text = request.headers["authorization"].partition(" ")
            if scheme.lower() != "bearer":
                return _denied(401, "expected Authorization: Bearer <token>")
            return self._bearers.visitor(text.strip()) or _denied(401, "this token does not work")
        if self._access == "local":
            return LOCAL
        if self._access == "proxy":
            return self._from_proxy(request)
        if self._access == "oidc":
            user = request.session.get("user") if "session" in request.scope else None
            return Visitor(user["name"], Role.named(user["role"]), "oidc") if user else None
        return None

    def _from_proxy(self, request: Request) -> Visitor | Response:
        client = request.client.host if request.client else ""
        if not _is_in(client, self._proxies):
            return _denied(403, "requests come through the proxy; this one did not")
        headers: Headers = request.headers
        users = headers.getlist(self._settings.dashboard_proxy_user_header)
        if len(users) != 1 or not users[0].strip():
            return _denied(401, "the proxy names no user")
        groups = listed(",".join(headers.getlist(self._settings.dashboard_proxy_groups_header)))
        role = role_of(self._settings, users[0].strip(), groups)
        return Visitor(users[0].strip(), role, "proxy") if role else _denied(403, "you have no role here")

    def _unknown(self, request: Request) -> Response:
        wants_page = not request.url.path.startswith(_FOR_TOOLS)
        if self._access == "oidc" and request.method == "GET" and wants_page:
            here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
            return RedirectResponse(f"/auth/login?next={quote(here, safe='')}", 303)
        return _denied(401, "expected Authorization: Bearer <token>; `consent token create` makes one")

    def _wrong_host(self, request: Request) -> Response | None:
        """A name that points at this machine must not turn a stranger's page into one of ours (DNS rebinding)."""
        if self._access != "local" or request.url.path == "/healthz":
            return None
        name = urlsplit(f"//{request.headers.get('host', '')}").hostname or ""
        named = urlsplit(self._settings.dashboard_url or "").hostname
        if name in _LOOPBACK_NAMES or name == named or is_loopback(name):
            return None
        return PlainTextResponse("This dashboard answers to 127.0.0.1 and localhost alone.\n", 421)


def _is_in(client: str, networks: list[IPv4Network | IPv6Network]) -> bool:
    try:
        address = ip_address(client)
    except ValueError:
        return False
    return any(address in network for network in networks)


def _denied(status: int, problem: str) -> Response:
    headers = {"www-authenticate": "Bearer"} if status == 401 else {}
    return JSONResponse({"error": problem}, status, headers=headers)
