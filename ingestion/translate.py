"""Translating: a file of native payloads into canonical events, each payload by itself."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, BinaryIO

from ingestion.adapters import Format
from ingestion.adapters.native import Event, Native, NotUnderstood, Told, moment

_LONGEST_LINE = 4 * 1024 * 1024
_LONGEST_FILE = 512 * 1024 * 1024
_ENVELOPE = {"site", "subject", "occurred_at", "region", "platform", "language", "policy_version", "kind"}


@dataclass(frozen=True)
class Translated:
    """What became of one payload: events, or the reason it was not understood. `number`: its line or row, from 1."""

    number: int
    payload: bytes
    events: list[Event]
    reason: str | None = None


def translate(stream: BinaryIO, form: Format, told: Told) -> Iterator[Translated]:
    """Read payloads of one format, as lines, as rows of a CSV, or as one document, and translate each.

    A line is text, or JSON; `{"payload": …, "subject": …, "occurred_at": …}` tells more of one payload than the
    options tell of all. Blank lines are skipped.
    """
    if form.is_whole:
        yield _document(stream.read(_LONGEST_FILE + 1), form, told)
        return
    lines = ((number, line) for number, line in enumerate(stream, 1) if line.strip())
    first = next(lines, None)
    if first is None:
        return
    header = _header(first[1])
    if form.csv_columns and form.csv_columns <= set(header):
        yield from _rows(header, lines, form, told)
        return
    for number, line in itertools.chain([first], lines):
        yield _line(number, line.rstrip(b"\r\n"), form, told)


def _document(payload: bytes, form: Format, told: Told) -> Translated:
    if len(payload) > _LONGEST_FILE:
        return Translated(1, b"", [], f"out_of_range payload: expected at most {_LONGEST_FILE} bytes")
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError):
        return Translated(1, payload, [], "not_json payload: expected one JSON document")
    return _translated(1, payload, Native(value, told), form)


def _line(number: int, line: bytes, form: Format, told: Told) -> Translated:
    if len(line) > _LONGEST_LINE:
        return Translated(number, line, [], f"out_of_range payload: expected at most {_LONGEST_LINE} bytes")
    try:
        text = line.decode()
    except UnicodeDecodeError:
        return Translated(number, line, [], "not_utf8 payload: expected UTF-8")
    try:
        native = _unwrapped(_parsed(text), told)
    except NotUnderstood as problem:
        return Translated(number, line, [], str(problem))
    return _translated(number, line, native, form)


def _parsed(text: str) -> Any:
    """JSON where it is JSON, else the text itself: cookies are no JSON, and Cookiebot's only looks like it."""
    if text.lstrip()[:1] not in ("{", "[", '"'):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _unwrapped(value: Any, told: Told) -> Native:
    if not (isinstance(value, dict) and "payload" in value):
        return Native(value, told)
    if not value.keys() <= _ENVELOPE | {"payload"}:
        raise NotUnderstood(f"not_allowed envelope: expected payload and any of {', '.join(sorted(_ENVELOPE))}")
    given = {name: value[name] for name in _ENVELOPE & value.keys() if value[name] is not None}
    for name, part in given.items():
        if not isinstance(part, str):
            raise NotUnderstood(f"wrong_type {name}: expected a string beside the payload")
    if "occurred_at" in given:
        at = moment(given["occurred_at"])
        if at is None:
            raise NotUnderstood("bad_format occurred_at: expected an RFC 3339 time with offset")
        given["occurred_at"] = at
    if given.get("kind", "decision") not in ("decision", "replay"):
        raise NotUnderstood("not_allowed kind: expected decision or replay")
    return Native(value["payload"], replace(told, **given))


def _header(line: bytes) -> list[str]:
    return [name.strip().lower() for name in _cells(line.decode("utf-8-sig", "replace"))]


def _cells(text: str) -> list[str]:
    """The cells of one line of a CSV; none where it is no CSV."""
    try:
        return next(csv.reader([text.rstrip("\r\n")], delimiter=_delimiter(text)), [])
    except csv.Error:
        return []


def _delimiter(text: str) -> str:
    return ";" if text.count(";") > text.count(",") else ","


def _rows(header: list[str], lines: Iterator[tuple[int, bytes]], form: Format, told: Told) -> Iterator[Translated]:
    def read() -> Iterator[tuple[int, bytes, Mapping[str, str]]]:
        for number, line in lines:
            cells = _cells(line.decode("utf-8", "replace"))
            yield number, line, dict(zip(header, cells, strict=False))

    def key(found: tuple[int, bytes, Mapping[str, str]]) -> tuple[object, ...]:
        return tuple(found[2].get(name) for name in form.csv_group) if form.csv_group else (found[0],)

    for _, group in itertools.groupby(read(), key):
        found = list(group)
        value: Any = [row for _, _, row in found] if form.csv_group else found[0][2]
        payload = b"\n".join(line.rstrip(b"\r\n") for _, line, _ in found)
        yield _translated(found[0][0], payload, Native(value, told), form)


def _translated(number: int, payload: bytes, native: Native, form: Format) -> Translated:
    try:
        return Translated(number, payload, form.events(native))
    except NotUnderstood as problem:
        return Translated(number, payload, [], str(problem))
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as fault:
        # Something that no documentation of the format prepares for: set aside like the rest, and named by its kind.
        reason = f"bad_format payload: expected {form.title}; came {type(fault).__name__}"
        return Translated(number, payload, [], reason)
