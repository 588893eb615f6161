"""Judging one event as it came over HTTP, by the contract's JSON Schema and in the decoder's words.

Whatever is accepted here the decoder accepts too (a property test holds that); the decoder stays the judge of last
resort. What the contract does not name is cut off first, members of its objects included: it goes no further.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import jsonschema_rs

from consent.contract import FIELDS, SCHEMA_VERSION, STORAGE, Field, children, json_schema, top_level

Event = dict[str, Any]
TWICE = object()  # stands for an object that has a key twice

_FIELDS = {field.path: field for field in FIELDS} | {f"storage.{member.path}": member for member in STORAGE}
# As the decoder tries them: each field, then its members.
_PLACES = {field.path: place for place, field in enumerate(top_level())}
_TOP = frozenset(field.path for field in top_level())
_MEMBERS = {
    field.path: frozenset(child.path.partition(".")[2] for child in children(field.path))
    for field in top_level()
    if field.type == "object" and not field.values
}
_STORAGE_MEMBERS = frozenset(member.path for member in STORAGE)
_TIMES = tuple(field.path for field in top_level() if field.sql_type == "timestamp")
_INTEGERS = tuple(field.path for field in top_level() if field.type == "integer")
_STORAGE_INTEGERS = tuple(member.path for member in STORAGE if member.type == "integer")
_TOO_DEEP = "out_of_range value: expected at most a few levels of nesting"


class Judge:
    """Holds the schema, compiled once; calls may come from any thread."""

    def __init__(self) -> None:
        self._schema = jsonschema_rs.validator_for(json_schema(), pattern_options=jsonschema_rs.RegexOptions())

    def reason(self, event: Event) -> str | None:
        """Why the event, already `trimmed`, is not accepted: `code field: expected …`; None: it is."""
        try:
            if self._schema.is_valid(event):
                return _beyond_the_schema(event)
            errors = [_describe(error) for error in self._schema.iter_errors(event)]
        except ValueError:  # the validator does not follow this deep
            return _TOO_DEEP
        return min(errors, key=lambda found: (_PLACES[found[0].partition(".")[0]], found[0].count(".")))[1]


def trimmed(event: Mapping[str, Any]) -> Event:
    """A copy of the event with the contract's fields alone."""
    kept = {name: value for name, value in event.items() if name in _TOP}
    for name, members in _MEMBERS.items():
        value = kept.get(name)
        if isinstance(value, dict) and not members.issuperset(value):
            kept[name] = {member: value[member] for member in value if member in members}
    storage = kept.get("storage")
    if isinstance(storage, list):
        kept["storage"] = [_storage_item(item) for item in storage]
    return kept


def _storage_item(item: Any) -> Any:
    if isinstance(item, dict) and not _STORAGE_MEMBERS.issuperset(item):
        return {member: item[member] for member in item if member in _STORAGE_MEMBERS}
    return item


def repeated(event: Any) -> str | None:
    """The reason of an event in which `TWICE` stands somewhere the decoder would look."""
    if event is TWICE:
        return "duplicate_key value: expected each key once"
    if not isinstance(event, dict):
        return None
    for name in (*_MEMBERS, "categories"):
        if event.get(name) is TWICE:
            return f"duplicate_key {name}: expected each key once"
    signals, storage = event.get("signals"), event.get("storage")
    if isinstance(signals, dict) and signals.get("gcm") is TWICE:
        return "duplicate_key signals.gcm: expected each key once"
    if isinstance(storage, list) and TWICE in storage:
        return "duplicate_key storage: expected each key once"
    return None


def _beyond_the_schema(event: Event) -> str | None:
    """What JSON Schema lets pass: integers written as 1.0, and dates that no calendar has."""
    for name in _INTEGERS:
        if isinstance(event.get(name), float):
            return f"wrong_type {name}: expected integer"
    for name in _TIMES:
        value = event.get(name)
        if value is not None and not _exists(value):
            return f"bad_format {name}: expected a date that exists"
    for item in event.get("storage", ()):
        for name in _STORAGE_INTEGERS:
            if isinstance(item.get(name), float):
                return f"wrong_type storage.{name}: expected integer"
    return None


def _exists(time: str) -> bool:
    try:
        return datetime.fromisoformat(time.upper()).utcoffset() is not None
    except ValueError:
        return False


def _describe(error: jsonschema_rs.ValidationError) -> tuple[str, str]:
    """The field (as in the contract) and the reason."""
    keyword = error.kind.name
    parts = [part for part in error.instance_path if isinstance(part, str)]
    if keyword == "required":
        path = ".".join([*parts, str(error.kind.property)])  # type: ignore[attr-defined]
        return path, f"missing {path}: expected {_expected(_FIELDS[path])}"
    known = [place for place in range(len(parts), 0, -1) if ".".join(parts[:place]) in _FIELDS]
    path = ".".join(parts[: known[0]])
    field = _FIELDS[path]
    if keyword == "type" and known[0] < len(parts):
        return path, f"wrong_type {path}: expected {field.values} values"
    if keyword == "type" and field.path == "storage" and len(error.instance_path) > 1:
        return path, f"wrong_type {path}: expected objects"
    return path, _reason(path, field, keyword)


def _expected(field: Field) -> str:
    return str(SCHEMA_VERSION) if field.path == "schema_version" else field.expected or field.type


def _reason(path: str, field: Field, keyword: str) -> str:
    if keyword == "type":
        return f"wrong_type {path}: expected {field.type}"
    if keyword == "const":
        return f"unsupported_version {path}: expected {SCHEMA_VERSION}"
    if keyword == "enum":
        return f"not_allowed {path}: expected one of {', '.join(field.enum)}"
    if keyword == "pattern":
        return f"bad_format {path}: expected {field.expected}"
    if keyword in ("minLength", "maxLength"):
        return f"out_of_range {path}: expected {field.min_length} to {field.max_length} characters"
    return f"out_of_range {path}: expected 0 to {field.maximum}"
