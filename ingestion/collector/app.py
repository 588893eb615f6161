"""The collector's web app: events in, an answer once they are safe; the snippet, health, metrics and a description."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from collections.abc import AsyncIterator, Callable

import orjson
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from consent.policies import Registry
from consent.settings import Settings
from ingestion.collector.answers import Refused, SecurityHeaders, answer, preflight, problem
from ingestion.collector.clients import Clients
from ingestion.collector.delivery import Busy, Delivery
from ingestion.collector.events import Events, Judged, Sender
from ingestion.collector.limits import Limits
from ingestion.collector.metrics import Metrics
from ingestion.collector.openapi import description
from ingestion.collector.origins import Origins
from ingestion.collector.producer import Producer, connect
from ingestion.collector.regions import Regions
from ingestion.collector.snippet import Snippet
from ingestion.collector.spool import Spool, SpoolFull
from ingestion.collector.subjects import Subjects

_TYPES = ("application/json", "application/x-ndjson", "application/ndjson", "text/plain", "")


class Collector:
    """The app of one home. Raises ConsentError where settings, policies or the home cannot be used."""

    def __init__(self, settings: Settings, *, connect: Callable[[Settings], Producer] = connect) -> None:
        folder = settings.home / "collector"
        self._settings = settings
        self._metrics = Metrics()
        spool = Spool(folder / "spool", limit=settings.collector_spool_bytes)
        self._subjects = Subjects(folder / "salt")
        self._origins = Origins(
            Registry.load(settings.policies).sites,
            settings.collector_origin_list,
            refuse_unknown=settings.collector_unknown_sites == "refuse",
        )
        regions = Regions(
            settings.collector_region_header, settings.collector_subdivision_header, settings.collector_region_file
        )
        self._events = Events(self._origins, self._subjects, regions, most=settings.collector_max_events)
        self._clients = Clients(settings.collector_proxy_list)
        self._limits = Limits(settings.collector_rate)
        key = settings.collector_write_key
        self._key = key.get_secret_value().encode() if key else None
        self._delivery = Delivery(spool, lambda: connect(settings), self._metrics)
        self._description = description(settings)
        self._snippet = Snippet()
        self.app = Starlette(
            routes=[
                Route("/v1/events", self.events, methods=["POST", "OPTIONS"]),
                Route("/v1/consent.js", self.snippet),
                Route("/healthz", self.healthz),
                Route("/metrics", self.metrics),
                Route("/openapi.json", self.openapi),
            ],
            middleware=[Middleware(SecurityHeaders)],
            exception_handlers={HTTPException: _http_problem, Exception: _crash},
            lifespan=self._lifespan,
        )

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        await self._delivery.start()
        midnight = asyncio.create_task(self._rotate())
        yield
        midnight.cancel()
        await self._delivery.close()

    async def _rotate(self) -> None:
        """The day's salt goes when the day does, whether or not anybody asks."""
        while True:
            await asyncio.sleep(20)
            self._subjects.rotate()

    async def events(self, request: Request) -> Response:
        """POST: judge, deliver, answer. OPTIONS: what a browser asks before it posts."""
        headers = dict(request.scope["headers"])
        origin = headers[b"origin"].decode("latin-1") if b"origin" in headers else None
        allow = self._origins.answer(origin)
        if request.method == "OPTIONS":
            return preflight(allow)
        cors = self._cors(allow)
        judged = Judged()
        try:
            judged = await self._judged(request, headers, origin)
            if judged.records:
                await self._deliver(judged)
        except Refused as refused:
            self._metrics.answered(refused.status, 0, (reason for _, reason in judged.rejected))
            return refused.response(cors)
        accepted = len(judged.records)
        self._metrics.answered(judged.status, accepted, (reason for _, reason in judged.rejected))
        return answer(judged.status, accepted, judged.rejected, cors)

    @staticmethod
    def _cors(allow: str | None) -> dict[str, str]:
        if allow == "*":
            return {"access-control-allow-origin": allow}
        return {"vary": "Origin"} | ({"access-control-allow-origin": allow} if allow else {})

    async def _judged(self, request: Request, headers: dict[bytes, bytes], origin: str | None) -> Judged:
        self._check(request, headers)
        peer = request.client.host if request.client else ""
        address, by_our_proxy = self._clients.of(peer, headers)
        if not self._limits.passes(address):
            raise Refused(429, "too many requests", retry_after=self._limits.window, close=True)
        body = await self._body(request)
        sender = Sender(address, headers, by_our_proxy, origin, trusted=self._key is not None and origin is None)
        judged = self._events.judge(body, sender)
        if judged is None:
            raise Refused(413, f"expected at most {self._settings.collector_max_events} events")
        return judged

    async def _deliver(self, judged: Judged) -> None:
        try:
            await self._delivery.deliver(judged.records)
        except SpoolFull:
            raise Refused(503, "Kafka is away and the spool is full", retry_after=60) from None
        except Busy:
            raise Refused(503, "too much waits to be written", retry_after=1) from None

    def _check(self, request: Request, headers: dict[bytes, bytes]) -> None:
        """Refuse what need not be read."""
        if self._key is not None:
            given = headers.get(b"x-write-key") or request.query_params.get("key", "").encode("utf-8", "replace")
            if not hmac.compare_digest(given, self._key):
                raise Refused(403, "expected the write key, as X-Write-Key or ?key=", close=True)
        kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower().decode("latin-1")
        if kind not in _TYPES:
            raise Refused(415, "expected application/json, application/x-ndjson or text/plain", close=True)
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise Refused(415, "expected a body without Content-Encoding", close=True)
        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length) > self._settings.collector_max_body:
            raise self._too_large()

    async def _body(self, request: Request) -> bytes:
        parts: list[bytes] = []
        left = self._settings.collector_max_body
        try:
            async for part in request.stream():
                left -= len(part)
                if left < 0:
                    raise self._too_large()
                parts.append(part)
        except ClientDisconnect:  # it left, or `Connection` has ended it for being slow
            raise Refused(408, "the body did not come") from None
        return b"".join(parts)

    def _too_large(self) -> Refused:
        return Refused(413, f"expected at most {self._settings.collector_max_body} bytes", close=True)

    async def snippet(self, request: Request) -> Response:
        """The script that pages include."""
        return self._snippet.response(request.headers)

    async def healthz(self, _: Request) -> Response:
        """200 while events are taken, be it into the spool."""
        health = self._delivery.health()
        return Response(orjson.dumps(health), 503 if health["status"] == "full" else 200, media_type="application/json")

    async def metrics(self, request: Request) -> Response:
        """For Prometheus."""
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(self._metrics.registry), headers={"content-type": kind})

    async def openapi(self, _: Request) -> Response:
        """The description of all this."""
        return Response(self._description, media_type="application/json")


async def _http_problem(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = error.detail if isinstance(error, HTTPException) else "error"
    headers = error.headers if isinstance(error, HTTPException) else None
    return problem(status, detail, headers)


async def _crash(_: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette raises it again; the log tells
    return problem(500, "the collector failed; its log says where")
