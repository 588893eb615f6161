"""The decoding SELECT, made from the contract: for the records that `consent.plain` does not recognize as good.

One pass over a batch of raw records types every event and gives each bad one its reason. `json_transform` alone
would turn "1" into 1 and drop what it cannot cast, so `json_type` tells the types first. The text is kept in
`sql/landing/decode.sql`, where it can be read and linted; a test compares the two.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from consent.contract import FIELDS, KINDS, POSITION, SCHEMA_VERSION, STORAGE, Field, JsonType, top_level

_DUCKDB_TYPES: dict[JsonType, tuple[str, ...]] = {
    "string": ("VARCHAR",),
    "integer": ("UBIGINT", "BIGINT"),
    "boolean": ("BOOLEAN",),
    "object": ("OBJECT",),
    "array": ("ARRAY",),
}
# DuckDB reads numbers that RFC 8259 has not. In a known field their type gives them away; elsewhere these marks do,
# and only a text that has one is looked at closely.
_NOT_NUMBERS = ("NaN", "nan", "NAN", "nf", "NF")
_NESTED = tuple(field for field in FIELDS if "." in field.path)
# Objects with declared members are transformed again, each from its own few bytes: that is cheaper than reaching
# into the whole document once more.
_OBJECTS = tuple(field for field in top_level() if field.type == "object" and not field.values)
_STORAGE = next(field for field in top_level() if field.path == "storage")
_STORAGE_SHAPE = json.dumps([{member.path: "BIGINT" if member.type == "integer" else "VARCHAR" for member in STORAGE}])


def decode_sql() -> str:
    """The whole statement: reads the relation `suspects`, gives the columns of `raw.events`, key, value and reason."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "-- decode: one row per record of a batch, typed, with the reason it is set aside or null"
    yield "-- grain: topic_id, partition, offset   owner: data engineering"
    yield "-- Made from consent/contract.py by `make contract`; do not edit. Reads the relation suspects:"
    yield "-- topic, topic_id, partition, offset, timestamp_ms, key, value."
    yield "with texts as ("
    yield "    select"
    yield "        *,"
    yield "        make_timestamp(timestamp_ms * 1000) as kafka_timestamp,"
    yield "        try(decode(value)) as text"
    yield "    from suspects"
    yield "),"
    yield "documents as ("
    yield "    select"
    yield "        *,"
    yield "        try_cast(text as json) as document"
    yield "    from texts"
    yield "),"
    yield "typed as ("
    yield "    select"
    yield "        *,"
    yield "        json_type(document, ["
    yield ",\n".join(f"            '{path}'" for path in ("$", *(f"$.{field.path}" for field in top_level())))
    yield "        ]) as types,"
    yield "        json_keys(document) as keys,"
    yield "        json_transform(document, '{"
    yield ",\n".join(f'            "{field.path}": {_leaf(field)}' for field in top_level())
    yield "        }') as event"
    yield "    from documents"
    yield "),"
    yield "parts as ("
    yield "    select"
    yield "        *,"
    yield "        len(keys) <> list_count(types) - 1 as has_other_keys,"  # of '$' and of the fields that are there
    for field in _OBJECTS:
        members = [child.path.partition(".")[2] for child in _members(field)]
        paths = ", ".join(f"'$.{member}'" for member in members)
        shape = ", ".join(f'"{_member(child)}": {_leaf(child)}' for child in _members(field))
        yield f"        json_type(event.{field.path}, [{paths}]) as {field.path}_types,"
        yield f"        json_keys(event.{field.path}) as {field.path}_keys,"
        yield f"        json_transform(event.{field.path}, '{{{shape}}}') as {field.path},"
    yield "        json_keys(event.categories) as categories_keys,"
    yield "        json_type(event.categories, '$.*') as categories_types,"
    yield "        json_type(event.storage, '$[*]') as storage_types,"
    yield "        json_keys(event.storage, '$[*]') as storage_keys,"
    for member in STORAGE:
        yield f"        json_type(event.storage, '$[*].{member.path}') as {_member_types(member)},"
    yield f"        from_json(event.storage, '{_STORAGE_SHAPE}') as storage,"
    yield "        -- Only timestamptz heeds the offset (the session is in UTC), and only upper case is read."
    yield "        try_cast(upper(event.occurred_at) as timestamptz)::timestamp as occurred_at,"
    yield "        try_cast(upper(event.received_at) as timestamptz)::timestamp as received_at"
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
            yield f"    {_value(field)} as {field.column},"
    yield "    case when reason is not null then key end as key,"
    yield "    case when reason is not null then value end as value,"
    yield "    reason"
    yield "from judged"


def _members(field: Field) -> tuple[Field, ...]:
    return tuple(child for child in _NESTED if child.path.startswith(f"{field.path}."))


def _member(field: Field) -> str:
    return field.path.partition(".")[2]


def _leaf(field: Field) -> str:
    return {"string": '"VARCHAR"', "integer": '"BIGINT"', "boolean": '"BOOLEAN"'}.get(field.type, '"JSON"')


def _judgements() -> Iterator[tuple[str, str]]:
    """Condition and reason, in the order they are tried; the first that holds is the record's."""
    yield "value is null", "empty value: expected a JSON object"
    yield "text is null", "not_utf8 value: expected UTF-8"
    yield "document is null", "not_json value: expected RFC 8259 JSON"
    yield "types[1] <> 'OBJECT'", "not_an_object value: expected a JSON object"
    yield "has_other_keys and len(keys) <> len(list_distinct(keys))", "duplicate_key value: expected each key once"
    others = ", ".join(f"event.{field.path}" for field in (*_OBJECTS, _STORAGE))
    marks = " or ".join(f"contains(text, {_text(mark)})" for mark in _NOT_NUMBERS)
    without_strings = "regexp_replace(text, '\"(\\\\.|[^\"\\\\])*\"', '0', 'g')"
    yield (
        (
            f"(has_other_keys or coalesce({others}) is not null) and ({marks}) and regexp_matches({without_strings}, '[NnIi][AaNn][NnFf]')"
        ),
        "not_json value: expected RFC 8259 JSON",
    )
    yield f"types[{_index(FIELDS[0])}] is null", "missing schema_version: expected 1"
    yield f"types[{_index(FIELDS[0])}] not in ('UBIGINT', 'BIGINT')", "wrong_type schema_version: expected integer"
    # An integer from 2^63 on is JSON's, but no BIGINT: it comes as null.
    yield (
        f"event.schema_version is distinct from {SCHEMA_VERSION}",
        f"unsupported_version schema_version: expected {SCHEMA_VERSION}",
    )
    for field in top_level()[1:]:
        yield from _judge(field)


def _judge(field: Field) -> Iterator[tuple[str, str]]:
    types = f"types[{_index(field)}]"
    if field.required:
        when = "" if field.required == KINDS else f" and event.kind in {_tuple(field.required)}"
        yield f"{types} is null{when}", f"missing {field.path}: expected {field.expected or field.type}"
    yield f"{types} not in {_tuple(_DUCKDB_TYPES[field.type])}", f"wrong_type {field.path}: expected {field.type}"
    yield from _judge_value(field, f"event.{field.path}")
    if field.path == "categories":
        yield from _judge_members(field, "categories_types", "categories_keys")
    elif field.path == "storage":
        yield from _judge_storage()
    elif field in _OBJECTS:
        keys = f"{field.path}_keys"
        yield f"len({keys}) <> len(list_distinct({keys}))", f"duplicate_key {field.path}: expected each key once"
        for place, child in enumerate(_members(field), 1):
            allowed = _tuple(_DUCKDB_TYPES[child.type])
            yield f"{field.path}_types[{place}] not in {allowed}", f"wrong_type {child.path}: expected {child.type}"
            if child.values:
                yield from _judge_members(child, f"json_type({child.path}, '$.*')", f"json_keys({child.path})")


def _judge_members(field: Field, types: str, keys: str) -> Iterator[tuple[str, str]]:
    """Free-form members: all of one type, each named once."""
    allowed = _list(_DUCKDB_TYPES[field.values or "string"])
    yield (
        f"not list_has_all({allowed}, {types})",
        f"wrong_type {field.path}: expected {field.values} values",
    )
    yield f"len({keys}) <> len(list_distinct({keys}))", f"duplicate_key {field.path}: expected each key once"


def _judge_value(field: Field, value: str) -> Iterator[tuple[str, str]]:
    if field.enum:
        yield (
            f"{value} not in {_tuple(field.enum)}",
            _not_allowed(field.path, field),
        )
    if field.pattern:
        yield (
            f"not regexp_full_match({value}, {_text(field.pattern)})",
            f"bad_format {field.path}: expected {field.expected}",
        )
    if field.sql_type == "timestamp":
        yield f"{value} is not null and {field.path} is null", f"bad_format {field.path}: expected a date that exists"
    if field.max_length:
        yield (
            f"length({value}) not between {field.min_length} and {field.max_length}",
            f"out_of_range {field.path}: expected {field.min_length} to {field.max_length} characters",
        )
    if field.maximum is not None:
        too_large = f"types[{_index(field)}] is not null and {value} is null"
        yield f"{value} not between 0 and {field.maximum} or ({too_large})", _out_of_range(field.path, field)


def _not_allowed(path: str, field: Field) -> str:
    return f"not_allowed {path}: expected one of {', '.join(field.enum)}"


def _out_of_range(path: str, field: Field) -> str:
    return f"out_of_range {path}: expected 0 to {field.maximum}"


def _judge_storage() -> Iterator[tuple[str, str]]:
    yield "not list_has_all(['OBJECT'], storage_types)", "wrong_type storage: expected objects"
    known = " + ".join(f"len({_member_types(member)})" for member in STORAGE)
    yield (
        f"len(flatten(storage_keys)) <> {known} "
        "and len(list_filter(storage_keys, lambda k: len(k) <> len(list_distinct(k)))) > 0",
        "duplicate_key storage: expected each key once",
    )
    for member in STORAGE:
        path, types = f"storage.{member.path}", _member_types(member)
        if member.required:
            yield f"len(storage_types) <> len({types})", f"missing {path}: expected {member.type}"
        allowed = (*_DUCKDB_TYPES[member.type], *(("NULL",) if member.nullable else ()))
        yield f"not list_has_all({_list(allowed)}, {types})", f"wrong_type {path}: expected {member.type}"
        if member.enum:
            values = f"json_extract_string(event.storage, '$[*].{member.path}')"
            yield f"not list_has_all({_list(member.enum)}, {values})", _not_allowed(path, member)
        elif member.maximum is not None:
            condition = f"s.{member.path} not between 0 and {member.maximum}"
            numbers = f"len(list_filter({types}, lambda t: t <> 'NULL'))"
            too_large = f"{numbers} <> len(list_filter(storage, lambda s: s.{member.path} is not null))"
            yield f"len(list_filter(storage, lambda s: {condition})) > 0 or {too_large}", _out_of_range(path, member)


def _member_types(member: Field) -> str:
    return f"storage_{member.path}_types"


def _value(field: Field) -> str:
    if field.sql_type == "uuid":
        return f"try_cast(event.{field.path} as uuid)"
    if field.sql_type == "timestamp" or field.path == "storage" or "." in field.path:
        return field.path
    if field.default:
        return f"coalesce(event.{field.path}, '{field.default}')"
    return f"event.{field.path}"


def _index(field: Field) -> int:
    return top_level().index(field) + 2  # types[1] is the document itself


def _column(name: str) -> str:
    return f'"{name}"' if name == "offset" else name


def _tuple(values: tuple[str, ...]) -> str:
    return "(" + ", ".join(_text(value) for value in values) + ")"


def _list(values: tuple[str, ...]) -> str:
    return "[" + ", ".join(_text(value) for value in values) + "]"


def _text(value: str) -> str:
    """A SQL string literal."""
    return "'" + value.replace("'", "''") + "'"
