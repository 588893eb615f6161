"""The decoding SELECT, made from the contract.

One pass over a batch of raw records types every event and gives each bad one its reason. `json_transform` alone
would turn "1" into 1 and drop what it cannot cast, so `json_type` tells the types first. The text is kept in
`sql/landing/decode.sql`, where it can be read and linted; a test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from consent.contract import CANONICAL_CATEGORIES, FIELDS, POSITION, SCHEMA_VERSION, STORAGE, Field, JsonType, top_level

_DUCKDB_TYPES: dict[JsonType, tuple[str, ...]] = {
    "string": ("VARCHAR",),
    "integer": ("UBIGINT", "BIGINT"),
    "boolean": ("BOOLEAN",),
    "object": ("OBJECT",),
    "array": ("ARRAY",),
}
# What DuckDB's reader lets pass and RFC 8259 does not, as it shows in a text; only such texts are looked at closely.
_LENIENT = ("NaN", "nan", "NAN", "nf", "NF", "//", "/*", ",}", ",]", ", }", ", ]", "\n", "\t", "\r")
_NESTED = tuple(field for field in FIELDS if "." in field.path)
_OBJECTS = tuple(field for field in top_level() if field.type == "object" and not field.values)
_TYPED = (*top_level(), *_NESTED)  # types[1] is the document itself, types[n + 1] the n-th of these
_STORAGE_SHAPE = json.dumps([{member.path: "BIGINT" if member.type == "integer" else "VARCHAR" for member in STORAGE}])


def decode_sql() -> str:
    """The whole statement: reads the relation `batch`, gives the columns of `raw.events`, key, value and reason."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "-- decode: one row per record of a batch, typed, with the reason it is set aside or null"
    yield "-- grain: topic_id, partition, offset   owner: data engineering"
    yield "-- Made from consent/contract.py by `make contract`; do not edit. Reads the relation batch:"
    yield "-- topic, topic_id, partition, offset, timestamp_ms, key, value."
    yield "with texts as ("
    yield "    select"
    yield "        *,"
    yield "        make_timestamp(timestamp_ms * 1000) as kafka_timestamp,"
    yield "        try(decode(value)) as text"
    yield "    from batch"
    yield "),"
    yield "documents as ("
    yield "    select"
    yield "        *,"
    yield "        try_cast(text as json) as document,"
    yield f"        {' or '.join(f'contains(text, {_text(mark)})' for mark in _LENIENT)} as is_lenient"
    yield "    from texts"
    yield "),"
    yield "typed as ("
    yield "    select"
    yield "        *,"
    yield "        json_type(document, ["
    yield ",\n".join(f"            '{path}'" for path in ("$", *(f"$.{field.path}" for field in _TYPED)))
    yield "        ]) as types,"
    yield f"        json_keys(document, {[*('$', *(f'$.{field.path}' for field in _OBJECTS))]}) as keys,"
    yield "        json_transform(document, '{"
    yield ",\n".join(f"            {json.dumps(name)}: {shape}" for name, shape in _shape().items())
    yield "        }') as event"
    yield "    from documents"
    yield "),"
    yield "parts as ("
    yield "    select"
    yield "        *,"
    yield "        json_keys(event.categories) as category_keys,"
    yield "        json_type(event.categories, '$.*') as category_types,"
    yield "        json_type(event.signals.gcm, '$.*') as gcm_types,"
    yield "        json_type(event.storage, '$[*]') as storage_types,"
    yield f"        from_json(event.storage, '{_STORAGE_SHAPE}') as storage_items,"
    for name in ("occurred_at", "received_at"):
        comma = "," if name == "occurred_at" else ""
        # Only timestamptz heeds the offset (the session is in UTC), and only upper case is read.
        yield f"        try_cast(upper(event.{name}) as timestamptz)::timestamp as {name}{comma}"
    yield "    from typed"
    yield "),"
    yield "judged as ("
    yield "    select"
    yield "        *,"
    yield "        case"
    for condition, reason in _judgements():
        yield f"            when {condition}"
        yield f"                then {_text(reason)}"
    yield "        end as reason"
    yield "    from parts"
    yield ")"
    yield "select"
    for name, _ in POSITION:
        yield f"    {_column(name)},"
    for field in FIELDS:
        if field.column:
            yield f"    case when reason is null then {_value(field)} end as {field.column},"
    yield "    case when reason is not null then key end as key,"
    yield "    case when reason is not null then value end as value,"
    yield "    reason"
    yield "from judged"


def _shape() -> dict[str, str]:
    shape: dict[str, str] = {}
    for field in top_level():
        if field in _OBJECTS:
            members = {child.path.partition(".")[2]: _leaf(child) for child in _NESTED if child.path.startswith(field.path + ".")}
            shape[field.path] = "{" + ", ".join(f'"{name}": {leaf}' for name, leaf in members.items()) + "}"
        else:
            shape[field.path] = _leaf(field)
    return shape


def _leaf(field: Field) -> str:
    return {"string": '"VARCHAR"', "integer": '"BIGINT"', "boolean": '"BOOLEAN"'}.get(field.type, '"JSON"')


def _judgements() -> Iterator[tuple[str, str]]:
    """Condition and reason, in the order they are tried; the first that holds is the record's."""
    yield "value is null", "empty value: expected a JSON object"
    yield "text is null", "not_utf8 value: expected UTF-8"
    yield "document is null", "not_json value: expected RFC 8259 JSON"
    yield (
        "is_lenient and regexp_matches("
        "regexp_replace(text, '\"(\\\\.|[^\"\\\\])*\"', '0', 'g'), '[^-+.0-9eE{}\\[\\]:, \\t\\r\\ntrufalsn]|,\\s*[}\\]]')"
    ), "not_json value: expected RFC 8259 JSON"
    yield "types[1] <> 'OBJECT'", "not_an_object value: expected a JSON object"
    known = " + ".join(f"(types[{_index(field)}] is not null)::int" for field in top_level())
    yield (
        f"len(keys[1]) <> {known} and len(keys[1]) <> len(list_distinct(keys[1]))"
    ), "duplicate_key value: expected each key once"
    yield f"types[{_index(FIELDS[0])}] is null", "missing schema_version: expected 1"
    yield f"types[{_index(FIELDS[0])}] not in ('UBIGINT', 'BIGINT')", "wrong_type schema_version: expected integer"
    yield f"event.schema_version <> {SCHEMA_VERSION}", f"unsupported_version schema_version: expected {SCHEMA_VERSION}"
    for field in _TYPED[1:]:
        yield from _judge(field)
    for field in _OBJECTS:
        keys = f"keys[{_OBJECTS.index(field) + 2}]"
        yield f"len({keys}) <> len(list_distinct({keys}))", f"duplicate_key {field.path}: expected each key once"


def _judge(field: Field) -> Iterator[tuple[str, str]]:
    types = f"types[{_index(field)}]"
    if field.required:
        when = "" if len(field.required) > 2 else " and " + _among("event.kind", field.required)
        yield f"{types} is null{when}", f"missing {field.path}: expected {field.expected or field.type}"
    yield f"{types} not in {_tuple(_DUCKDB_TYPES[field.type])}", f"wrong_type {field.path}: expected {field.type}"
    yield from _judge_value(field, f"event.{field.path}")
    if field.path == "categories":
        yield "len(list_filter(category_types, lambda t: t <> 'BOOLEAN')) > 0", "wrong_type categories: expected boolean values"
        yield "len(category_keys) <> len(list_distinct(category_keys))", "duplicate_key categories: expected each key once"
    elif field.path == "signals.gcm":
        yield "len(list_filter(gcm_types, lambda t: t <> 'VARCHAR')) > 0", "wrong_type signals.gcm: expected string values"
    elif field.path == "storage":
        yield from _judge_storage()


def _judge_value(field: Field, value: str) -> Iterator[tuple[str, str]]:
    if field.enum:
        yield f"{value} not in {_tuple(field.enum)}", f"not_allowed {field.path}: expected one of {', '.join(field.enum)}"
    if field.pattern:
        yield f"not regexp_full_match({value}, {_text(field.pattern)})", f"bad_format {field.path}: expected {field.expected}"
    if field.sql_type == "timestamp":
        yield f"{value} is not null and {field.path} is null", f"bad_format {field.path}: expected a date that exists"
    if field.max_length:
        yield (
            f"length({value}) not between {field.min_length} and {field.max_length}",
            f"out_of_range {field.path}: expected {field.min_length} to {field.max_length} characters",
        )
    if field.maximum is not None:
        yield f"{value} not between 0 and {field.maximum}", f"out_of_range {field.path}: expected 0 to {field.maximum}"


def _judge_storage() -> Iterator[tuple[str, str]]:
    yield "len(list_filter(storage_types, lambda t: t <> 'OBJECT')) > 0", "wrong_type storage: expected objects"
    yield (
        "len(list_filter(json_keys(event.storage, '$[*]'), lambda k: len(k) <> len(list_distinct(k)))) > 0",
        "duplicate_key storage: expected each key once",
    )
    for member in STORAGE:
        path, types = f"storage.{member.path}", f"json_type(event.storage, '$[*].{member.path}')"
        if member.required:
            yield f"len(storage_types) <> len({types})", f"missing {path}: expected {member.type}"
        allowed = (*_DUCKDB_TYPES[member.type], *(("NULL",) if member.nullable else ()))
        yield f"len(list_filter({types}, lambda t: t not in {_tuple(allowed)})) > 0", f"wrong_type {path}: expected {member.type}"
        for condition, reason in _judge_value(member, f"s.{member.path}"):
            yield (
                f"len(list_filter(storage_items, lambda s: {condition})) > 0",
                reason.replace(f" {member.path}:", f" {path}:", 1),
            )


def _value(field: Field) -> str:
    if field.path == "event_id":
        return "try_cast(event.event_id as uuid)"
    if field.sql_type == "timestamp":
        return field.path
    if field.path == "categories":
        return "from_json(event.categories, '\"MAP(VARCHAR, BOOLEAN)\"')"
    if field.path == "signals.gcm":
        return "from_json(event.signals.gcm, '\"MAP(VARCHAR, VARCHAR)\"')"
    if field.path == "storage":
        return "storage_items"
    if field.default:
        return f"coalesce(event.{field.path}, '{field.default}')"
    return f"event.{field.path}"


def _index(field: Field) -> int:
    return _TYPED.index(field) + 2


def _column(name: str) -> str:
    return f'"{name}"' if name == "offset" else name


def _among(value: str, allowed: tuple[str, ...]) -> str:
    return f"{value} in {_tuple(allowed)}"


def _tuple(values: tuple[str, ...]) -> str:
    return "(" + ", ".join(_text(value) for value in values) + ")"


def _text(value: str) -> str:
    """A SQL string literal; control characters are written as escapes."""
    quoted = value.replace("'", "''")
    if any(character in value for character in "\n\t\r"):
        return "e'" + quoted.replace("\n", "\\n").replace("\t", "\\t").replace("\r", "\\r") + "'"
    return f"'{quoted}'"


__all__ = ["CANONICAL_CATEGORIES", "decode_sql"]
