"""The OpenAPI document of the API: made from the datasets and filters themselves, so that it cannot lag behind."""

from __future__ import annotations

from functools import lru_cache
from importlib.metadata import version
from typing import Any

from dashboards import downloads, filters, rates

_NULLABLE_NUMBER = {"type": ["number", "null"]}
_TEXT = {"type": "string"}
_DESCRIBED = {
    "site": "A site's id.",
    "region": "ISO 3166-1 or 3166-2; (none) for events without one.",
    "metric": "A metric's name, from /metrics.",
    "by": "The dimension to split by; where there are categories, rows are split by them as well.",
    "step": "Length of a period; auto fits it to the days asked for.",
    "from": "First day, year-month-day, UTC.",
    "to": "Last day, included.",
    "compare": "Taken for the pages' links; changes nothing here.",
}


@lru_cache
def document() -> dict[str, Any]:
    """The document, OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Consent analytics",
            "version": version("consent-analytics"),
            "description": "Consent rates, findings and data quality from the published snapshot. Rates are sums over"
            " sums; null where there is none. Times are UTC.",
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"token": []}, {}],
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(),
            "responses": {
                "Problem": {
                    "description": "What was expected, and what came.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
            },
        },
    }


def _paths() -> dict[str, Any]:
    query = [_parameter(name) for name in rates.PAGE.fields]
    fields = dict.fromkeys(name for dataset in downloads.DATASETS.values() for name in dataset.fields)
    name = {**_path("name"), "schema": {"type": "string", "enum": list(downloads.DATASETS)}}
    rows = {"type": "array", "items": {"type": "object"}}
    finding = _path("finding_id")
    until = {"type": "object", "required": ["until", "why"], "additionalProperties": False}
    until |= {"properties": {"until": {"type": "string", "format": "date"}, "why": {**_TEXT, "maxLength": 1000}}}
    subject = {"type": "object", "required": ["subject"], "additionalProperties": False}
    subject |= {"properties": {"subject": {**_TEXT, "pattern": "^[A-Za-z0-9_-]{8,64}$"}}}
    found = {"type": "object", "properties": {"consents": rows, "findings": rows}}
    return {
        "/openapi.json": {"get": _get("This document", {"type": "object"}, [])},
        "/freshness": {"get": _get("What the snapshot holds and up to when", _ref("Freshness"), [])},
        "/metrics": {"get": _get("The metrics and their formulas", {"type": "array", "items": _ref("Metric")}, [])},
        "/query": {"get": _get("A metric by a dimension over time", _ref("Answer"), [*query, _FORMAT], csv=True)},
        "/datasets": {"get": _get("What can be had whole", {"type": "array", "items": _ref("Dataset")}, [])},
        "/datasets/{name}": {
            "get": _get("A dataset", rows, [name, *map(_parameter, fields), _FORMAT], csv=True, missing=True)
        },
        "/findings/{finding_id}": {"get": _get("One finding", {"type": "object"}, [finding], missing=True)},
        "/findings/{finding_id}/acknowledgement": {
            "post": _post("Answer for a finding until a day; compliance", until, {"type": "object"}, [finding], 201)
        },
        "/subjects/lookup": {"post": _post("One subject's consent; compliance, logged", subject, found, [], 200)},
    }


def _schemas() -> dict[str, Any]:
    moment = {"type": ["string", "null"]}
    metric = dict.fromkeys(("name", "title", "description", "unit", "over", "formula", "excludes", "source"), _TEXT)
    numbers = dict.fromkeys(("numerator", "denominator", "value", "low", "high"), _NULLABLE_NUMBER)
    freshness = dict.fromkeys(("as_of", "published_at", "newest_event", "newest_received"), moment)
    return {
        "Problem": _object({"error": _TEXT}),
        "Freshness": _object({**freshness, "events": {"type": "integer"}, "product_version": _TEXT}),
        "Metric": _object({**metric, "is_rate": {"type": "boolean"}, "presets": {"type": "array", "items": _TEXT}}),
        "Dataset": _object({"name": _TEXT, "title": _TEXT, "filters": {"type": "array", "items": _TEXT}}),
        "Answer": _object(
            {
                "metric": _ref("Metric"),
                "by": {"type": "array", "items": _TEXT},
                "step": {"enum": ["day", "week", "month"]},
                "from": {"type": "string", "format": "date"},
                "to": {"type": "string", "format": "date"},
                "as_of": _TEXT,
                "rows": {
                    "type": "array",
                    "items": _object({"period": {"type": "string", "format": "date"}, **numbers}),
                },
            }
        ),
    }


_FORMAT = {"name": "format", "in": "query", "schema": {"enum": ["json", "csv"], "default": "json"}}


def _parameter(name: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if name in {"from", "to"}:
        schema["format"] = "date"
    if name in filters.REQUIRED:
        schema["default"] = filters.REQUIRED[name]
    description = _DESCRIBED.get(name, "A value of the data; others are refused with a list of those there are.")
    return {"name": name, "in": "query", "schema": schema, "description": description}


def _path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _get(
    summary: str, schema: Any, parameters: list[Any], *, csv: bool = False, missing: bool = False
) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}} | ({"text/csv": {"schema": _TEXT}} if csv else {})
    responses: dict[str, Any] = {"200": {"description": "The answer.", "content": content}}
    codes = ["400", "401", "403", "503", *(["404"] if missing else [])]
    responses |= {code: {"$ref": "#/components/responses/Problem"} for code in codes}
    return {"summary": summary, "parameters": parameters, "responses": responses}


def _post(summary: str, body: Any, answer: Any, parameters: list[Any], status: int) -> dict[str, Any]:
    responses: dict[str, Any] = {
        str(status): {"description": "Done.", "content": {"application/json": {"schema": answer}}}
    }
    codes = ("400", "401", "403", "404", "413", "415", "503")
    responses |= {code: {"$ref": "#/components/responses/Problem"} for code in codes}
    content = {"application/json": {"schema": body}}
    return {
        "summary": summary,
        "parameters": parameters,
        "requestBody": {"required": True, "content": content},
        "responses": responses,
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
