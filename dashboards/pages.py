"""Answering for a page: read the address, take what is kept or ask the snapshot, fill the template.

State is in the address alone, so a link shows the same view again. A page that was made is kept under the snapshot's
identity, the address, the language and the role: a new snapshot makes all of it anew.
"""

from __future__ import annotations

import contextlib
import gzip
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import duckdb
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from consent import acknowledgements
from consent.errors import ConsentError, SnapshotMissing
from consent.settings import Settings
from dashboards import charts, i18n, rendering
from dashboards.access.visitors import LOCAL, Visitor, visitor_of
from dashboards.charts import Chart, Charts
from dashboards.filters import BadFilter, Filters
from dashboards.headers import SECURITY
from dashboards.i18n import N_
from dashboards.i18n import gettext as _
from dashboards.kept import Kept
from dashboards.page import Asked, Built, Page
from dashboards.queries import Snapshot, identity_of

log = logging.getLogger(__name__)

STALE = timedelta(hours=36)  # an as-of older than this is said on every page

NAVIGATION = (
    ("/", N_("Overview")),
    ("/rates", N_("Rates")),
    ("/banner", N_("Banner")),
    ("/findings", N_("Findings")),
    ("/expiry", N_("Expiry")),
    ("/alerts", N_("Alerts")),
    ("/quality", N_("Data quality")),
    ("/sites", N_("Sites")),
)


@dataclass(frozen=True)
class KeptPage:
    """A page as it goes out, compressed, and what it said about its age."""

    body: bytes
    as_of: datetime
    stale: bool

    def response(self, request: Request) -> Response:
        """The page, plain for the rare client that does not take gzip."""
        headers = {"vary": "accept-encoding, accept-language, cookie"}
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return HTMLResponse(gzip.decompress(self.body), headers=headers)
        return HTMLResponse(self.body, headers=headers | {"content-encoding": "gzip"})


class Pages:
    """The pages over one snapshot link, what they have answered and the charts they have drawn."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.charts = Charts()
        self.kept: Kept[tuple[str, ...], KeptPage] = Kept()
        self._journal = acknowledgements.journal(settings).path

    def endpoint(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        """The page as something that answers requests: at once where it is kept, else from a thread."""

        async def answer(request: Request) -> Response:
            with self.speaking(request):
                kept = self._kept(page, request)
            return await run_in_threadpool(self.respond, page, request) if kept is None else kept

        return answer

    def respond(self, page: Page, request: Request) -> Response:
        """The page's answer to a request."""
        with self.speaking(request):
            kept = self._kept(page, request)
            return self._answer(page, request) if kept is None else kept

    def warm(self, page: Page) -> None:
        """Load the chart libraries, and make what the first visitor will see; errors are left for the visitor."""
        charts.warm()
        with contextlib.suppress(ConsentError, duckdb.Error), Snapshot(self.settings.snapshot) as snapshot:
            usual = Filters.parse(QueryParams(), page.fields, {}, snapshot.freshness().day)
            built = page.build(Asked(snapshot, usual, QueryParams(), {}, LOCAL, self.settings))
            for chart in built.charts.values():
                rendering.drawn(self.charts, snapshot.identity)(chart)

    @contextlib.contextmanager
    def speaking(self, request: Request) -> Iterator[None]:
        """In the language of the address, else in the one the browser prefers."""
        named = request.query_params.get("lang", "")
        known = named in i18n.LANGUAGES
        language = named if known else i18n.preferred(request.headers.get("accept-language", ""))
        with i18n.speaking(language, in_address=known):
            yield

    def identity(self) -> tuple[str, str]:
        """Changes when a page could: with the snapshot, and with each answer to a finding."""
        try:
            journal = self._journal.stat()
            answered = f"{journal.st_mtime_ns}:{journal.st_size}"
        except OSError:
            answered = ""
        return identity_of(self.settings.snapshot), answered

    def _key(self, request: Request) -> tuple[str, ...]:
        """What the answer depends on; what it says of its age is compared apart."""
        view = request.scope["path"], request.scope["query_string"].decode("latin-1")
        return (*self.identity(), i18n.language(), visitor_of(request).role.name, *view)

    def _kept(self, page: Page, request: Request) -> Response | None:
        if page.fresh(visitor_of(request)):
            return None
        kept = self.kept.get(self._key(request))
        return kept.response(request) if kept and kept.stale == _is_stale(kept.as_of) else None

    def _answer(self, page: Page, request: Request) -> Response:
        if any(not value for _name, value in request.query_params.multi_items()):
            # A form sends its empty fields too; the address that people copy is better without.
            filled = urlencode([pair for pair in request.query_params.multi_items() if pair[1]])
            return RedirectResponse(request.url.path + (f"?{filled}" if filled else ""), 303)
        visitor = visitor_of(request)
        if page.fresh(visitor):
            return self._make(page, request, visitor)
        made: list[Response] = []

        def make() -> KeptPage:
            answer = self._make(page, request, visitor)
            made.append(answer)
            if answer.status_code != 200 or "x-as-of" not in answer.headers:
                raise _NotToKeep
            as_of = datetime.fromisoformat(answer.headers["x-as-of"])
            return KeptPage(gzip.compress(bytes(answer.body), 6, mtime=0), as_of, _is_stale(as_of))

        key = self._key(request)
        found = self.kept.get(key)
        has_aged = found is not None and found.stale != _is_stale(found.as_of)  # what it says of that is not true now
        try:
            return (self.kept.put(key, make()) if has_aged else self.kept.get_or(key, make)).response(request)
        except _NotToKeep:
            return made[0]

    def _make(self, page: Page, request: Request, visitor: Visitor) -> Response:
        try:
            snapshot = Snapshot(self.settings.snapshot)
        except SnapshotMissing:
            return self._render(request, "empty.html", home=str(self.settings.home))
        with snapshot:
            freshness, choices = snapshot.freshness(), snapshot.choices()
            if page.choices:
                choices = {**choices, **page.choices(snapshot, self.settings)}
            common: dict[str, Any] = {
                "page": page,
                "freshness": freshness,
                "stale": _is_stale(freshness.as_of),
                "choices": choices,
            }
            try:
                chosen = Filters.parse(request.query_params, page.fields, choices, freshness.day)
            except BadFilter as error:
                given = Filters(page.fields)
                common |= {"filters": given, "problem": str(error), "field": error.name}
                return self._render(request, "refused.html", 400, **common)
            asked = Asked(
                snapshot,
                chosen,
                request.query_params,
                request.path_params,
                visitor,
                self.settings,
                standing(self.settings),
            )
            missing = [name for name in page.needs if not snapshot.holds(name)]
            built = Built({}) if missing else page.build(asked)
            drawn = rendering.drawn(self.charts, snapshot.identity)
            template = "missing.html" if missing else page.template
            common |= {"filters": chosen, "drawn": drawn, "charts": built.charts, "missing": missing}
            answer = self._render(request, template, **{**common, **built.context})
            answer.headers["x-as-of"] = freshness.as_of.isoformat()
            return answer

    def embed(self, request: Request, page: Page, chart: Chart) -> Response:
        """The chart on a page of its own, with nothing around it but its title and a way to the whole."""
        drawn = rendering.drawn(self.charts, identity_of(self.settings.snapshot))
        whole = f"{page.path}?{request.url.query}"
        return self._render(request, "embed.html", chart=chart, drawn=drawn, whole=whole)

    def problem(self, request: Request, error: Exception) -> Response:
        """An error that a user can mend, on a page of its own."""
        with self.speaking(request):
            return self._problem(request, 503, _("The data cannot be read"), str(error))

    def http_problem(self, request: Request, error: Exception) -> Response:
        """A page that does not exist, or something that may not be done."""
        if not isinstance(error, HTTPException):
            raise error
        with self.speaking(request):
            title = {404: _("Not found"), 403: _("Not allowed")}.get(error.status_code) or _("This cannot be done")
            text = _("There is no such page.") if error.detail == "Not Found" else i18n.translated(error.detail)
            return self._problem(request, error.status_code, title, text)

    def crash(self, request: Request, __: Exception) -> Response:
        """A fault of ours: the log has it, the visitor does not."""
        with self.speaking(request):
            text = _("The fault is in the log of `consent dashboard`.")
            response = self._problem(request, 500, _("Something went wrong here"), text)
        response.headers.update(SECURITY)
        return response

    def _problem(self, request: Request, status: int, title: str, text: str) -> Response:
        return self._render(request, "problem.html", status, title=title, text=text)

    def _render(self, request: Request, template: str, status: int = 200, **context: Any) -> Response:
        common: Mapping[str, Any] = {
            "path": request.url.path,
            "visitor": request.scope.get("visitor"),
            "language": i18n.language(),
            "languages": _other_languages(request),
            "navigation": NAVIGATION,
        }
        return HTMLResponse(rendering.environment().get_template(template).render({**common, **context}), status)


def standing(settings: Settings) -> dict[str, acknowledgements.Acknowledgement]:
    """The answers to findings that hold now, by finding."""
    return acknowledgements.standing(acknowledgements.read(settings), _now())


class _NotToKeep(Exception):
    """The answer is not a page that others would get too."""


def _other_languages(request: Request) -> list[tuple[str, str, str]]:
    """For each other language: its code, its name, and this very view in it."""
    rest = [(name, value) for name, value in request.query_params.multi_items() if name != "lang"]
    return [
        (code, name, f"{request.url.path}?{urlencode([*rest, ('lang', code)])}")
        for code, name in i18n.LANGUAGES.items()
        if code != i18n.language()
    ]


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _is_stale(as_of: datetime) -> bool:
    return _now() - as_of > STALE
