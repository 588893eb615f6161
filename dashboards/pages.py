"""The pages: each reads the URL, asks the snapshot, and fills a template. State is in the URL alone."""

from __future__ import annotations

import contextlib
import gzip
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import duckdb
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)

from consent.errors import ConsentError, SnapshotMissing
from consent.settings import Settings
from dashboards import charts, downloads, filters, findings, rendering
from dashboards.charts import Charts
from dashboards.filters import BadFilter, Filters
from dashboards.headers import SECURITY
from dashboards.kept import Kept
from dashboards.overview import overview
from dashboards.quality import quality
from dashboards.queries import Freshness, Snapshot, identity_of

log = logging.getLogger(__name__)

STALE = timedelta(hours=36)  # an as-of older than this is said on every page

Build = Callable[[Snapshot, Filters], Mapping[str, Any]]


@dataclass(frozen=True)
class KeptPage:
    """A page as it goes out, compressed, and what it said about its age."""

    body: bytes
    as_of: datetime
    stale: bool

    def response(self, request: Request) -> Response:
        """The page, plain for the rare client that does not take gzip."""
        headers = {"vary": "accept-encoding"}
        if "gzip" not in request.headers.get("accept-encoding", ""):
            return HTMLResponse(gzip.decompress(self.body), headers=headers)
        return HTMLResponse(self.body, headers=headers | {"content-encoding": "gzip"})


class Pages:
    """The endpoints over one snapshot link, and the charts they have drawn."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.charts = Charts()
        self.kept: Kept[tuple[str, str], KeptPage] = Kept()

    def warm(self) -> None:
        """Load the chart libraries, and draw what the first visitor will see; errors are left for the visitor."""
        charts.warm()
        with contextlib.suppress(ConsentError, duckdb.Error), Snapshot(self.settings.snapshot) as snapshot:
            usual = Filters.parse(QueryParams(), filters.PROMPTS, {}, snapshot.freshness().day)
            view = overview(snapshot, usual)
            for chart in (view.opt_in_chart, view.prompts_chart):
                rendering.drawn(self.charts, snapshot.identity)(chart)

    def overview(self, request: Request) -> Response:
        """Rates, prompts, open findings, expiry and freshness."""
        return self._page(request, "overview.html", filters.PROMPTS, lambda s, f: {"view": overview(s, f)})

    def findings(self, request: Request) -> Response:
        """The findings, narrowed and in pages."""
        number = _page_number(request)
        return self._page(
            request, "findings.html", filters.FINDINGS, lambda s, f: {"view": findings.findings(s, f, number)}
        )

    def finding(self, request: Request) -> Response:
        """One finding, with its rule and where to check it."""

        def build(snapshot: Snapshot, _: Filters) -> Mapping[str, Any]:
            row = snapshot.one("finding", {"finding_id": request.path_params["finding_id"]})
            if row is None:
                raise HTTPException(
                    404, "There is no such finding in the data as it stands; it may have been resolved."
                )
            return {"finding": row}

        return self._page(request, "finding.html", (), build)

    def quality(self, request: Request) -> Response:
        """What arrived, what was set aside and why."""
        return self._page(request, "quality.html", filters.QUALITY, lambda s, f: {"view": quality(s, f)})

    def data(self, request: Request) -> Response:
        """A relation as CSV or JSON. A parameter that it does not take is refused, not ignored."""
        dataset = downloads.DATASETS.get(request.path_params["name"])
        kind = request.path_params["kind"]
        if dataset is None or kind not in downloads.FORMATS:
            names = ", ".join(downloads.DATASETS)
            return _text(404, f"Expected /data/<name>.csv or .json, with one of these names: {names}.")
        unknown = sorted(set(request.query_params) - set(dataset.fields))
        if unknown:
            taken = ", ".join(dataset.fields)
            return _text(400, f"{dataset.name} has no filter {', '.join(unknown)[:80]}. It takes: {taken}.")
        try:
            snapshot = Snapshot(self.settings.snapshot)
        except ConsentError as error:
            return _text(503, str(error))
        try:
            freshness = snapshot.freshness()
            chosen = Filters.parse(request.query_params, dataset.fields, snapshot.choices(), freshness.day)
            columns, rows = snapshot.stream(dataset.name, chosen.parameters())
        except BadFilter as error:
            snapshot.close()
            return _text(400, str(error))
        except (ConsentError, duckdb.Error) as error:
            snapshot.close()
            return _text(503, str(error))
        write = downloads.write_csv if kind == "csv" else downloads.write_json

        def body() -> Iterator[str]:
            with snapshot:
                yield from write(columns, rows)

        return StreamingResponse(
            body(),
            media_type=downloads.FORMATS[kind],
            headers={
                "content-disposition": f'attachment; filename="{_file_name(dataset, chosen, freshness)}.{kind}"',
                "x-as-of": f"{freshness.as_of.isoformat()}Z",
            },
        )

    def healthz(self, _: Request) -> Response:
        """Whether the app can answer, and how old its data is."""
        try:
            with Snapshot(self.settings.snapshot) as snapshot:
                as_of = snapshot.freshness().as_of
        except SnapshotMissing:
            return JSONResponse({"status": "empty", "as_of": None})
        except (ConsentError, duckdb.Error):
            log.exception("the snapshot cannot be read")
            return JSONResponse({"status": "broken", "as_of": None}, status_code=503)
        return JSONResponse({"status": "ok", "as_of": f"{as_of.isoformat()}Z"})

    def problem(self, _: Request, error: Exception) -> Response:
        """An error that a user can mend, on a page of its own."""
        return self._problem(503, "The data cannot be read", str(error))

    def http_problem(self, _: Request, error: Exception) -> Response:
        """A page that does not exist, or a method it does not take."""
        if not isinstance(error, HTTPException):
            raise error
        title = "Not found" if error.status_code == 404 else "This cannot be done"
        text = "There is no such page." if error.detail == "Not Found" else error.detail
        return self._problem(error.status_code, title, text)

    def crash(self, _: Request, __: Exception) -> Response:
        """A fault of ours: the log has it, the visitor does not."""
        response = self._problem(500, "Something went wrong here", "The fault is in the log of `consent dashboard`.")
        response.headers.update(SECURITY)
        return response

    def _page(self, request: Request, template: str, fields: tuple[str, ...], build: Build) -> Response:
        if any(not value for _, value in request.query_params.multi_items()):
            # A form sends its empty fields too; the address that people copy is better without.
            filled = urlencode([pair for pair in request.query_params.multi_items() if pair[1]])
            return RedirectResponse(request.url.path + (f"?{filled}" if filled else ""), 303)
        address = f"{request.url.path}?{request.url.query}"
        kept = self.kept.get((identity_of(self.settings.snapshot), address))
        if kept is not None and kept.stale == _is_stale(kept.as_of):
            return kept.response(request)
        try:
            snapshot = Snapshot(self.settings.snapshot)
        except SnapshotMissing:
            return self._render("empty.html", path=request.url.path, home=str(self.settings.home))
        with snapshot:
            freshness, choices = snapshot.freshness(), snapshot.choices()
            common: dict[str, Any] = {
                "path": request.url.path,
                "freshness": freshness,
                "stale": _is_stale(freshness.as_of),
                "choices": choices,
            }
            try:
                chosen = Filters.parse(request.query_params, fields, choices, freshness.day)
            except BadFilter as error:
                given = Filters(fields)
                return self._render("refused.html", 400, filters=given, problem=str(error), field=error.name, **common)
            drawn = rendering.drawn(self.charts, snapshot.identity)
            answer = self._render(template, filters=chosen, drawn=drawn, **common, **build(snapshot, chosen))
            body = gzip.compress(bytes(answer.body), compresslevel=6, mtime=0)
            kept = KeptPage(body, freshness.as_of, common["stale"])
            return self.kept.put((snapshot.identity, address), kept).response(request)

    def _problem(self, status: int, title: str, text: str) -> Response:
        return self._render("problem.html", status, path="", title=title, text=text)

    def _render(self, template: str, status: int = 200, **context: Any) -> Response:
        return HTMLResponse(rendering.environment().get_template(template).render(context), status)


def _page_number(request: Request) -> int:
    text = request.query_params.get("page", "1")
    if not (text.isascii() and text.isdigit() and int(text[:9]) > 0 and len(text) <= 9):
        raise HTTPException(400, "The page is a whole number from 1.")
    return int(text)


def _file_name(dataset: downloads.Dataset, chosen: Filters, freshness: Freshness) -> str:
    days = f"{chosen.date_from}_{chosen.date_to}" if chosen.date_from else f"as-of_{freshness.day}"
    return f"consent_{dataset.name}_{days}"


def _text(status: int, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status)


def _is_stale(as_of: datetime) -> bool:
    return datetime.now(UTC).replace(tzinfo=None) - as_of > STALE
