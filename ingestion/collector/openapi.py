"""The collector described in OpenAPI 3.1, from the contract's own JSON Schema."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import orjson

from consent.contract import json_schema, top_level
from consent.settings import Settings
from ingestion.collector.subjects import KINDS

_REF = "#/components/schemas/"


def description(settings: Settings) -> bytes:
    """The document, as JSON. What a sender may leave out is not required in it."""
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Consent collector",
            "version": version("consent-analytics"),
            "description": "Takes consent events over HTTP and answers once they are stored.",
        },
        "paths": {
            "/v1/events": {"post": _post(settings), "options": _preflight()},
            "/v1/consent.js": {"get": _get("The script that pages include.", "text/javascript")},
            "/healthz": {
                "get": _get("Whether events are taken.", "application/json", {"$ref": f"{_REF}Health"})
                | {"responses": {"200": _ok("It takes events.", "Health"), "503": _ok("It does not.", "Health")}}
            },
            "/metrics": {"get": _get("For Prometheus.", "text/plain")},
            "/openapi.json": {"get": _get("This document.", "application/json")},
        },
        "components": {
            "schemas": {"Event": _event(), "Answer": _answer(), "Problem": _problem(), "Health": _health()},
            "securitySchemes": {
                "header": {"type": "apiKey", "in": "header", "name": "X-Write-Key"},
                "query": {"type": "apiKey", "in": "query", "name": "key"},
            },
        },
    }
    return orjson.dumps(document)


def _post(settings: Settings) -> dict[str, Any]:
    event = {"$ref": f"{_REF}Event"}
    several = {"type": "array", "items": event, "minItems": 1, "maxItems": settings.collector_max_events}
    body = {"schema": {"oneOf": [event, several]}}
    lines = {"schema": {"type": "string", "description": "One event, an array of them, or one on each line."}}
    problems = {
        "408": "The body did not come in time.",
        "413": f"More than {settings.collector_max_body} bytes or {settings.collector_max_events} events.",
        "415": "Another Content-Type, or a Content-Encoding.",
        "429": "Too many requests of this client; Retry-After says when to come again.",
        "503": "Nothing can be stored now; Retry-After says when to come again.",
    }
    return {
        "summary": "Send events.",
        "security": [{"header": []}, {"query": []}] if settings.collector_write_key else [{}],
        "requestBody": {
            "required": True,
            "content": {"application/json": body, "application/x-ndjson": lines, "text/plain": lines},
        },
        "responses": {
            "202": _ok("Kafka or the spool has the accepted events.", "Answer"),
            "400": _ok("None was acceptable.", "Answer"),
            "403": {
                "description": "The origin may not send for the site, or the write key is missing or wrong.",
                "content": {
                    "application/json": {"schema": {"oneOf": [{"$ref": f"{_REF}Answer"}, {"$ref": f"{_REF}Problem"}]}}
                },
            },
        }
        | {status: _ok(text, "Problem") for status, text in problems.items()},
    }


def _preflight() -> dict[str, Any]:
    return {
        "summary": "What a browser asks before it posts from another origin.",
        "responses": {"204": {"description": "It may."}, "403": {"description": "It may not."}},
    }


def _get(summary: str, kind: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    content = {kind: {"schema": schema or {}}}
    return {"summary": summary, "responses": {"200": {"description": summary, "content": content}}}


def _ok(text: str, schema: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": {"$ref": f"{_REF}{schema}"}}}}


def _event() -> dict[str, Any]:
    """The contract, less what the collector fills in. A field that it overwrites may as well be left out."""
    schema = json_schema()
    optional = ("event_id", "subject")
    schema["required"] = [name for name in schema["required"] if name not in optional]
    schema["allOf"].append(
        {
            "if": {"properties": {"kind": {"not": {"enum": sorted(KINDS)}}}},
            "then": {"required": ["subject"]},
        }
    )
    for field in top_level():
        if field.sql_type == "timestamp":  # of the many that match the pattern, the ones a calendar has
            schema["properties"][field.path] = {"type": "string", "format": "date-time", "description": field.meaning}
    del schema["$schema"]
    return schema


def _answer() -> dict[str, Any]:
    rejection = {
        "type": "object",
        "required": ["index", "reason"],
        "properties": {
            "index": {"type": "integer", "minimum": 0, "description": "Of the event, from 0."},
            "reason": {"type": "string", "description": "`code field: expected …`; never a value that came."},
        },
    }
    return {
        "type": "object",
        "required": ["accepted", "rejected"],
        "properties": {
            "accepted": {"type": "integer", "minimum": 0},
            "rejected": {"type": "array", "items": rejection},
        },
    }


def _problem() -> dict[str, Any]:
    return {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}


def _health() -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["status", "spooled", "spool_bytes"],
        "properties": {
            "status": {"enum": ["ok", "spooling", "full"]},
            "spooled": {"type": "integer", "description": "Events that wait for Kafka."},
            "spool_bytes": {"type": "integer"},
        },
    }
