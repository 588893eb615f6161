"""Endpoints of the API: the same answers as the pages, as JSON or CSV, under the same filters and roles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import duckdb
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from consent import acknowledgements
from consent.errors import ConsentError
from consent.metrics import RELATIONS, Metrics
from consent.settings import Settings
from dashboards import downloads, files, i18n, rates
from dashboards.access import log
from dashboards.access.visitors import visitor_of
from dashboards.api import openapi
from dashboards.filters import BadFilter, Filters
from dashboards.findings import finding, with_answer
from dashboards.pages import standing
from dashboards.people import SUBJECT
from dashboards.queries import Row, Snapshot

_LARGEST_BODY = 16 * 1024


class Api:
    """The endpoints over one snapshot link."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def app(self) -> Starlette:
        """An app of its own, so that every error in it is JSON too."""
        return Starlette(
            routes=[
                Route("/openapi.json", self.document),
                Route("/freshness", self.freshness),
                Route("/metrics", self.metrics),
                Route("/query", self.query),
                Route("/datasets", self.datasets),
                Route("/datasets/{name}", self.dataset),
                Route("/findings/{finding_id}", self.finding),
                Route("/findings/{finding_id}/acknowledgement", self.acknowledge, methods=["POST"]),
                Route("/subjects/lookup", self.look_up, methods=["POST"]),
            ],
            exception_handlers={
                HTTPException: _http_problem,
                BadFilter: _bad_filter,
                ConsentError: _not_now,
                duckdb.Error: _not_now,
            },
        )

    def document(self, _request: Request) -> Response:
        """The OpenAPI document."""
        return JSONResponse(openapi.document())

    def freshness(self, request: Request) -> Response:
        """What the snapshot holds and up to when."""
        _only(request, ())
        with Snapshot(self._settings.snapshot) as snapshot:
            return _json(vars(snapshot.freshness()))

    def metrics(self, request: Request) -> Response:
        """The registry: every metric with its formula and what it leaves out."""
        _only(request, ())
        return _json([_described(metric) for metric in Metrics.load(self._settings.policies)])

    def query(self, request: Request) -> Response:
        """A metric by a dimension over time, each value with its fraction and interval."""
        _only(request, (*rates.PAGE.fields, "lang", "format"))
        kind = _format(request)
        with Snapshot(self._settings.snapshot) as snapshot, i18n.speaking(i18n.DEFAULT):
            choices = {**snapshot.choices(), **rates.choices(snapshot, self._settings)}
            freshness = snapshot.freshness()
            chosen = Filters.parse(request.query_params, rates.PAGE.fields, choices, freshness.day)
            view = rates.rates(snapshot, Metrics.load(self._settings.policies), chosen)
        rows = [_with_interval(row, is_rate=view.metric.is_rate) for row in view.over_time]
        if kind == "csv":
            columns = list(rows[0]) if rows else ["period", view.by, "numerator", "denominator", "value", "low", "high"]
            text = "".join(downloads.write_csv(columns, (list(row.values()) for row in rows)))
            return Response(text, media_type=downloads.FORMATS["csv"])
        dimensions = [name for name in RELATIONS[view.metric.over].dimensions if rows and name in rows[0]]
        return _json(
            {
                "metric": _described(view.metric),
                "by": dimensions or [view.by],
                "step": chosen.step,
                "from": chosen.date_from,
                "to": chosen.date_to,
                "as_of": freshness.as_of,
                "rows": rows,
            }
        )

    def datasets(self, request: Request) -> Response:
        """What can be had whole, and the filters of each."""
        _only(request, ())
        listed = downloads.DATASETS.values()
        return _json([{"name": one.name, "title": one.title, "filters": list(one.fields)} for one in listed])

    def dataset(self, request: Request) -> Response:
        """One of them, as JSON or CSV."""
        found = downloads.DATASETS.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404, f"no such dataset; expected one of {', '.join(downloads.DATASETS)}")
        with i18n.speaking(i18n.DEFAULT):
            return files.dataset_response(self._settings, found, _format(request), request, _refuse)

    def finding(self, request: Request) -> Response:
        """One finding with its rule, without the person it may concern."""
        _only(request, ())
        with Snapshot(self._settings.snapshot) as snapshot:
            row = finding(snapshot, request.path_params["finding_id"])
        if row is None:
            raise HTTPException(404, "there is no such finding in the data as it stands")
        return _json({**with_answer(row, standing(self._settings)), "evidence": json.loads(row["evidence"] or "[]")})

    async def acknowledge(self, request: Request) -> Response:
        """Answer for a finding until a day."""
        given = await _body(request, {"until": str, "why": str})
        return await run_in_threadpool(self._acknowledge, request, given)

    async def look_up(self, request: Request) -> Response:
        """The consent that stands of one subject; logged."""
        given = await _body(request, {"subject": str})
        return await run_in_threadpool(self._look_up, request, given)

    def _acknowledge(self, request: Request, given: Mapping[str, str]) -> Response:
        visitor, finding_id = visitor_of(request), request.path_params["finding_id"]
        if not visitor.may_acknowledge:
            raise HTTPException(403, "this is for the compliance role")
        try:
            until = date.fromisoformat(given["until"])
        except ValueError:
            raise HTTPException(400, "until: expected year-month-day, such as 2027-01-31") from None
        with Snapshot(self._settings.snapshot) as snapshot:
            if snapshot.one("finding", {"finding_id": finding_id}) is None:
                raise HTTPException(404, "there is no such finding in the data as it stands")
        try:
            made = acknowledgements.acknowledge(
                self._settings, finding_id, by=visitor.name, until=until, why=given["why"]
            )
        except ConsentError as error:
            raise HTTPException(400, str(error)) from None
        log.record(self._settings, visitor, "acknowledged", finding=finding_id, by=visitor.name)
        return _json({"finding_id": finding_id, "by": made.by, "until": made.until, "why": made.why}, 201)

    def _look_up(self, request: Request, given: Mapping[str, str]) -> Response:
        visitor, subject = visitor_of(request), given["subject"]
        if not visitor.sees_subjects:
            raise HTTPException(403, "this is for the compliance role")
        if not SUBJECT.fullmatch(subject):
            raise HTTPException(400, "subject: expected 8 to 64 letters, digits, - and _")
        log.record(self._settings, visitor, "looked up", subject=subject)
        with Snapshot(self._settings.snapshot) as snapshot:
            consents = snapshot.rows("person", {"subject": subject})
            found = snapshot.rows("person_findings", {"subject": subject})
        answer = _json({"consents": consents, "findings": found})
        answer.headers["cache-control"] = "no-store"
        return answer


def _described(metric: Any) -> dict[str, Any]:
    names = ("name", "title", "description", "unit", "over", "formula", "excludes", "source", "is_rate")
    return {**{name: getattr(metric, name) for name in names}, "presets": list(metric.presets)}


def _with_interval(row: Row, *, is_rate: bool) -> Row:
    low, high = rates.interval(row, is_rate=is_rate)
    return {**row, "low": low, "high": high}


async def _body(request: Request, fields: Mapping[str, type]) -> dict[str, Any]:
    """A JSON object of those fields. A page of another site cannot send one: JSON asks the browser's leave first."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "expected content-type application/json")
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "this request comes from another site")
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > _LARGEST_BODY:
            raise HTTPException(413, f"expected at most {_LARGEST_BODY} bytes")
    try:
        given = json.loads(content)
    except (ValueError, RecursionError):
        raise HTTPException(400, "expected a JSON object in UTF-8") from None
    wrong = not isinstance(given, dict) or set(given) != set(fields)
    if wrong or any(not isinstance(given[name], kind) for name, kind in fields.items()):
        raise HTTPException(400, f"expected a JSON object with the strings {', '.join(fields)} and nothing else")
    return dict(given)


def _only(request: Request, allowed: tuple[str, ...]) -> None:
    unknown = sorted(set(request.query_params) - set(allowed))
    if unknown:
        raise HTTPException(400, f"no parameter {', '.join(unknown)[:80]}; expected {', '.join(allowed) or 'none'}")


def _format(request: Request) -> str:
    kind = request.query_params.get("format", "json")
    if kind not in downloads.FORMATS:
        raise HTTPException(400, "format: expected json or csv")
    return kind


def _json(value: Any, status: int = 200) -> Response:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=downloads.plain)
    return Response(text, status, media_type="application/json")


def _refuse(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status)


def _http_problem(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return JSONResponse({"error": error.detail}, error.status_code, headers=dict(error.headers or {}))


def _bad_filter(_request: Request, error: Exception) -> Response:
    return _refuse(400, str(error))


def _not_now(_request: Request, error: Exception) -> Response:
    return _refuse(503, str(error).partition("\n")[0])
