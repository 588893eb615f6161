"""Files to take along: a relation as CSV or JSON, a chart as SVG or PNG, each under the filters of its page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping

import duckdb
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from consent.errors import ConsentError, SnapshotMissing
from consent.settings import Settings
from dashboards import charts, downloads
from dashboards.access.visitors import visitor_of
from dashboards.downloads import Dataset
from dashboards.filters import BadFilter, Filters
from dashboards.i18n import gettext as _
from dashboards.kept import Kept
from dashboards.page import Asked, Page
from dashboards.pages import Pages
from dashboards.queries import Freshness, Snapshot

log = logging.getLogger(__name__)

KINDS = {"svg": "image/svg+xml", "png": "image/png"}


class Files:
    """Endpoints under /data/ and /charts/, and whether the app is well."""

    def __init__(self, pages: Pages, charted: Mapping[str, Page]) -> None:
        self._pages = pages
        self._charted = charted
        self._pictures: Kept[tuple[str, ...], bytes] = Kept(most=64)

    @property
    def _settings(self) -> Settings:
        return self._pages.settings

    def data(self, request: Request) -> Response:
        """A relation as CSV or JSON. A parameter that it does not take is refused, not ignored."""
        dataset = downloads.DATASETS.get(request.path_params["name"])
        kind = request.path_params["kind"]
        if dataset is None or kind not in downloads.FORMATS:
            names = ", ".join(downloads.DATASETS)
            return _text(404, f"Expected /data/<name>.csv or .json, with one of these names: {names}.")
        return dataset_response(self._settings, dataset, kind, request)

    def chart(self, request: Request) -> Response:
        """A chart of a page as a file of its own, by the page's name and its own."""
        page, kind = self._charted.get(request.path_params["page"]), request.path_params["kind"]
        if page is None or kind not in KINDS:
            return _text(404, f"Expected /charts/<page>/<chart>.svg or .png, with one of: {', '.join(self._charted)}.")
        with self._pages.speaking(request):
            return self.picture(request, page, request.path_params["name"], kind)

    def picture(self, request: Request, page: Page, name: str, kind: str) -> Response:
        """The picture of one chart of a page, in the language being spoken."""

        def make() -> bytes:
            chart = self.find(request, page, name)
            return charts.picture(chart, charts.WIDE, kind)

        key = (
            *self._pages.identity(),
            request.url.path,
            request.url.query,
            str(request.headers.get("accept-language")),
        )
        try:
            body = self._pictures.get_or(key, make)
        except BadFilter as error:
            return _text(400, str(error))
        except LookupError:
            return _text(404, _("There is no such chart on that page."))
        except (ConsentError, duckdb.Error) as error:
            return _text(503, str(error))
        return Response(
            body, media_type=KINDS[kind], headers={"content-disposition": f'inline; filename="{name}.{kind}"'}
        )

    def find(self, request: Request, page: Page, name: str) -> charts.Chart:
        """The chart of that name on the page. Raises LookupError, BadFilter or ConsentError."""
        with Snapshot(self._settings.snapshot) as snapshot:
            if missing := [relation for relation in page.needs if not snapshot.holds(relation)]:
                raise ConsentError(f"the snapshot lacks {', '.join(missing)}; run `consent refresh`")
            choices = snapshot.choices()
            if page.choices:
                choices = {**choices, **page.choices(snapshot, self._settings)}
            chosen = Filters.parse(request.query_params, page.fields, choices, snapshot.freshness().day)
            asked = Asked(snapshot, chosen, request.query_params, {}, visitor_of(request), self._settings)
            return page.build(asked).charts[name]

    def embedded(self, request: Request) -> Response:
        """A chart by itself, to show in a frame of another page; who may is a setting."""
        page, name, kind = (
            self._charted.get(request.path_params["page"]),
            *map(request.path_params.get, ("name", "kind")),
        )
        if page is None or kind not in {"html", "svg"}:
            return _text(404, f"Expected /embed/<page>/<chart>.html or .svg, with one of: {', '.join(self._charted)}.")
        with self._pages.speaking(request):
            if kind == "svg":
                return self.picture(request, page, str(name), "svg")
            try:
                chart = self.find(request, page, str(name))
            except BadFilter as error:
                return _text(400, str(error))
            except LookupError:
                return _text(404, _("There is no such chart on that page."))
            except (ConsentError, duckdb.Error) as error:
                return _text(503, str(error))
            return self._pages.embed(request, page, chart)

    def healthz(self, _request: Request) -> Response:
        """Whether the app can answer, and how old its data is."""
        try:
            with Snapshot(self._settings.snapshot) as snapshot:
                as_of = snapshot.freshness().as_of
        except SnapshotMissing:
            return JSONResponse({"status": "empty", "as_of": None})
        except (ConsentError, duckdb.Error):
            log.exception("the snapshot cannot be read")
            return JSONResponse({"status": "broken", "as_of": None}, status_code=503)
        return JSONResponse({"status": "ok", "as_of": f"{as_of.isoformat()}Z"})


Refuse = Callable[[int, str], Response]


def dataset_response(
    settings: Settings, dataset: Dataset, kind: str, request: Request, refuse: Refuse | None = None
) -> Response:
    """The rows of a dataset under the filters of the address, as they are read."""
    refuse = refuse or _text
    unknown = sorted(
        set(request.query_params) - {*dataset.fields, "lang", *(["format"] if refuse is not _text else [])}
    )
    if unknown:
        taken = ", ".join(dataset.fields) or "none"
        return refuse(400, f"{dataset.name} has no filter {', '.join(unknown)[:80]}. It takes: {taken}.")
    try:
        snapshot = Snapshot(settings.snapshot)
    except ConsentError as error:
        return refuse(503, str(error))
    try:
        freshness = snapshot.freshness()
        chosen = Filters.parse(request.query_params, dataset.fields, snapshot.choices(), freshness.day)
        columns, rows = snapshot.stream(dataset.name, chosen.parameters())
    except BadFilter as error:
        snapshot.close()
        return refuse(400, str(error))
    except (ConsentError, duckdb.Error) as error:
        snapshot.close()
        return refuse(503, str(error))
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


def _file_name(dataset: Dataset, chosen: Filters, freshness: Freshness) -> str:
    days = f"{chosen.date_from}_{chosen.date_to}" if chosen.date_from else f"as-of_{freshness.day}"
    return f"consent_{dataset.name}_{days}"


def _text(status: int, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status)
