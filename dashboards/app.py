"""The web app: server-rendered pages over the published snapshot, which is opened anew for each request."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.routing import Mount, Route

from consent.errors import ConsentError
from consent.listening import listen, url
from consent.settings import Settings
from dashboards import (
    account,
    alerts,
    banner,
    compliance,
    expiry,
    finding,
    findings,
    overview,
    people,
    quality,
    rates,
    sites,
)
from dashboards.access import oidc
from dashboards.access.gate import Gate, refuse_open_doors
from dashboards.access.secret import Forms, secret
from dashboards.api.endpoints import Api
from dashboards.files import Files
from dashboards.headers import CachedStatic, SecurityHeaders
from dashboards.page import Page
from dashboards.pages import Pages
from dashboards.rendering import STATIC

OnReady = Callable[[str], None]

PAGES: tuple[Page, ...] = (
    overview.PAGE,
    rates.PAGE,
    banner.PAGE,
    findings.PAGE_OF_FINDINGS,
    compliance.INVENTORY,
    compliance.AUDIT,
    compliance.RULES,
    expiry.PAGE,
    alerts.PAGE,
    quality.PAGE,
    sites.PAGE,
)


def create_app(settings: Settings) -> Starlette:
    """The app over `settings.snapshot`; before there is one, it starts and says what to do.

    Raises ConsentError where the way to sign in is set up and cannot work.
    """
    pages, forms = Pages(settings), Forms(secret(settings))
    api, files = Api(settings), Files(pages, {page.name: page for page in PAGES})
    one, person = finding.FindingPage(pages, forms), people.PeoplePage(pages, forms)
    sign_in = oidc.SignIn(settings, forms) if settings.dashboard_access == "oidc" else None

    @contextlib.asynccontextmanager
    async def warm_meanwhile(_: Starlette) -> AsyncIterator[None]:
        """Get ready beside the first requests, which need not wait for it."""
        warming = threading.Thread(target=pages.warm, args=(overview.PAGE,), name="charts", daemon=True)
        warming.start()
        yield
        warming.join()  # a native renderer must not be cut off in the middle

    def form(answer: finding.Answer) -> Callable[[Request], Any]:
        return finding.answering(pages, forms, answer)

    return Starlette(
        routes=[
            *(Route(page.path, pages.endpoint(page)) for page in (*PAGES, one.page, person.page, account.page(forms))),
            Route("/findings/{finding_id}/acknowledgement", form(one.acknowledge), methods=["POST"]),
            Route("/findings/{finding_id}/take-back", form(one.take_back), methods=["POST"]),
            Route("/findings/{finding_id}/subject", form(one.show_subject), methods=["POST"]),
            Route("/people", form(person.look_up), methods=["POST"]),
            Route("/data/{name}.{kind}", files.data),
            Route("/charts/{page}/{name}.{kind}", files.chart),
            Route("/embed/{page}/{name}.{kind}", files.embedded),
            Mount("/api/v1", api.app()),
            Route("/healthz", files.healthz),
            *(sign_in.routes if sign_in else ()),
            Mount("/static", CachedStatic(directory=STATIC)),
        ],
        middleware=[
            Middleware(SecurityHeaders, frame_ancestors=settings.dashboard_frame_ancestors),
            Middleware(GZipMiddleware, minimum_size=1_000),
            *([oidc.sessions(settings)] if sign_in else []),
            Middleware(Gate, settings=settings),
        ],
        exception_handlers={HTTPException: pages.http_problem, ConsentError: pages.problem, Exception: pages.crash},
        lifespan=warm_meanwhile,
    )


def serve(settings: Settings, host: str = "127.0.0.1", port: int = 8000, on_ready: OnReady | None = None) -> None:
    """Serve until interrupted; port 0 takes a free one. `on_ready` gets the address once it answers.

    Raises ConsentError, before anything starts, if the address cannot be had, or could be reached by others while
    nothing asks who they are.
    """
    refuse_open_doors(settings, host)
    listener = listen(host, port)
    with listener:
        config = uvicorn.Config(
            create_app(settings),
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            proxy_headers=False,
        )
        with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C is how it is meant to end
            _Server(config, url(listener), on_ready).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Uvicorn, with word of when it answers."""

    def __init__(self, config: uvicorn.Config, address: str, on_ready: OnReady | None) -> None:
        super().__init__(config)
        self._address, self._on_ready = address, on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started and self._on_ready is not None:
            self._on_ready(self._address)
