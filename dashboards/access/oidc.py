"""Signing in with an OpenID Connect provider: authorization code with PKCE, through Authlib (an extra)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.sessions import SessionMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from consent.errors import ConsentError
from consent.settings import Settings
from dashboards.access.roles import role_of
from dashboards.access.secret import Forms, secret
from dashboards.access.visitors import Visitor
from dashboards.i18n import N_

_CLOSED = 400  # its texts are marked here, and translated where the answer is made


class SignIn:
    """The endpoints under /auth/. Raises ConsentError where the extra is not installed."""

    def __init__(self, settings: Settings, forms: Forms) -> None:
        try:
            from authlib.integrations.starlette_client import OAuth  # noqa: PLC0415 -- an extra
        except ImportError:
            raise ConsentError("CONSENT_DASHBOARD_ACCESS: oidc needs an extra: `make install-oidc`") from None
        self._settings = settings
        self._forms = forms
        issuer = (settings.dashboard_oidc_issuer or "").rstrip("/")
        hidden = settings.dashboard_oidc_client_secret
        self._provider: Any = OAuth().register(
            "provider",
            server_metadata_url=f"{issuer}/.well-known/openid-configuration",
            client_id=settings.dashboard_oidc_client_id,
            client_secret=hidden.get_secret_value() if hidden else None,
            client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256"},
        )

    @property
    def routes(self) -> list[Route]:
        """Sign in, come back from the provider, sign out."""
        return [
            Route("/auth/login", self.login),
            Route("/auth/callback", self.callback),
            Route("/auth/logout", self.logout, methods=["POST"]),
        ]

    async def login(self, request: Request) -> Response:
        """Off to the provider; afterwards back to the page that was asked for."""
        request.session["next"] = _local(request.query_params.get("next", "/"))
        back = f"{(self._settings.dashboard_url or '').rstrip('/')}/auth/callback"
        try:
            answer: Response = await self._provider.authorize_redirect(request, back)
        except Exception as error:
            raise HTTPException(_CLOSED, N_("The sign-in provider does not answer.")) from error
        return answer

    async def callback(self, request: Request) -> Response:
        """Back from the provider: the code becomes a user with a role, or nobody."""
        try:
            token = await self._provider.authorize_access_token(request)
        except Exception as error:
            raise HTTPException(_CLOSED, N_("The sign-in did not work. Try again.")) from error
        claims = token.get("userinfo") or {}
        given = claims.get(self._settings.dashboard_oidc_groups_claim) or []
        groups = [str(group) for group in given] if isinstance(given, list) else [str(given)]
        # An address that the provider has not verified could be anyone's.
        address = claims.get("email") if claims.get("email_verified") else None
        name = str(address or claims.get("preferred_username") or claims.get("sub") or "")
        role = role_of(self._settings, name, groups) if name else None
        if role is None:
            raise HTTPException(403, N_("You are signed in, and have no role here. Ask whoever runs this dashboard."))
        back = _local(request.session.get("next", "/"))
        request.session.clear()
        request.session["user"] = {"name": name, "role": role.name}
        return RedirectResponse(back, 303)

    async def logout(self, request: Request) -> Response:
        """Forget the session, where the form is one of ours: a page elsewhere signs nobody out."""
        visitor = request.scope.get("visitor")
        if isinstance(visitor, Visitor):
            form = await request.form(max_files=0)
            if not self._forms.is_from(visitor, str(form.get("token", ""))):
                raise HTTPException(403, N_("This form is too old or not from here. Load the page again."))
        request.session.clear()
        return RedirectResponse("/", 303)


def sessions(settings: Settings) -> Middleware:
    """Signed cookies that scripts cannot read and that other sites' forms do not send."""
    return Middleware(
        SessionMiddleware,
        secret_key=secret(settings),
        session_cookie="consent_session",
        max_age=int(settings.dashboard_session_hours * 3600),
        same_site="lax",
        https_only=(settings.dashboard_url or "").startswith("https:"),
    )


def _local(address: str) -> str:
    """The address if it is one of ours, else the overview: nobody is sent elsewhere after signing in."""
    parts = urlsplit(address)
    inside = address.startswith("/") and not address.startswith(("//", "/\\")) and not parts.netloc
    return address if inside and address.isprintable() else "/"
