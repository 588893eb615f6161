"""Reading a request's body: one JSON object, an array of them, or one on each line, whatever its type is called."""

from __future__ import annotations

import json
from typing import Any

import orjson

from ingestion.collector.judgement import TWICE, repeated

Parsed = tuple[Any, str | None]
_EMPTY = (None, "empty value: expected a JSON object")
_NOT_JSON = (None, "not_json value: expected RFC 8259 JSON")
_NOT_UTF8 = (None, "not_utf8 value: expected UTF-8")
_NO_OBJECT = "not_an_object value: expected a JSON object"


def parse(body: bytes, most: int) -> list[Parsed] | None:
    """Each event of the body with, where it cannot be one, the reason; None: there are more than `most`."""
    text = body.strip()
    if not text:
        return [_EMPTY]
    try:
        whole = orjson.loads(text)
    except orjson.JSONDecodeError:
        return _lines(text, most)
    if not isinstance(whole, list):
        return [_parsed(whole, text)]
    return _array(whole, text) if len(whole) <= most else None


def _array(whole: list[Any], text: bytes) -> list[Parsed]:
    if not whole:
        return [_EMPTY]
    if _is_as_written(whole, text):
        return [_checked(event) for event in whole]
    return [_checked(event, twice) for event, twice in zip(whole, _strictly(text, whole), strict=True)]


def _lines(text: bytes, most: int) -> list[Parsed] | None:
    if text.count(b"\n") >= most + text.count(b"\n\n"):
        return None
    lines = [line for line in text.split(b"\n") if line.strip()]
    if len(lines) > most:
        return None
    return [_line(line.strip()) for line in lines]


def _line(line: bytes) -> Parsed:
    try:
        return _parsed(orjson.loads(line), line)
    except orjson.JSONDecodeError:
        try:
            line.decode()
        except UnicodeDecodeError:
            return _NOT_UTF8
        return _NOT_JSON


def _parsed(event: Any, text: bytes) -> Parsed:
    if _is_as_written(event, text):
        return _checked(event)
    return _checked(event, _strictly(text, event))


def _is_as_written(document: Any, text: bytes) -> bool:
    """Whether it is written again as it came, as what browsers send is. Then it had no key twice."""
    try:
        return orjson.dumps(document) == text
    except orjson.JSONEncodeError:  # it reads deeper than it writes
        return False


def _checked(event: Any, strict: Any = None) -> Parsed:
    reason = repeated(strict)
    if reason is None and not isinstance(event, dict):
        reason = _NO_OBJECT
    return event, reason


def _strictly(text: bytes, otherwise: Any) -> Any:
    """The same document with `TWICE` for each object that repeats a key."""
    try:
        return json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):  # deeper than Python reads: the judge refuses that too
        return otherwise


def _once(pairs: list[tuple[str, Any]]) -> Any:
    made = dict(pairs)
    return made if len(made) == len(pairs) else TWICE
