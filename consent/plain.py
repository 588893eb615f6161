"""The SELECT that recognizes plainly good records, made from the contract.

Nearly every record is good, so proving that must be cheap: one regular expression holds the contract's grammar, the
number of keys shows that none comes twice, and `json_transform` gives the values. What is not recognized is not thereby
bad: it has unknown fields, say, or a banner whose members come in another order. `consent.decoding` judges it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from consent.contract import (
    CANONICAL_CATEGORIES,
    FIELDS,
    KINDS,
    POSITION,
    SCHEMA_VERSION,
    STORAGE,
    Field,
    children,
    top_level,
)

# That the text is JSON is known by then, so commas may be taken as they come.
_SPACE = r"\s*"
_COLON = rf"{_SPACE}:{_SPACE}"
_COMMA = rf"{_SPACE},?{_SPACE}"
_STRING = r'"(?:[^"\\]|\\.)*"'
_TYPES = {"string": '"VARCHAR"', "integer": '"BIGINT"', "boolean": '"BOOLEAN"'}
# Objects whose members' names are free. Those that DuckDB writes have no spaces.
_CANONICAL = r"\{" + "".join(f'(?:"{name}":[a-z]+,?)?' for name in CANONICAL_CATEGORIES) + r"\}"
_FREE = tuple(field for field in FIELDS if field.type == "object" and field.values)


def plain_sql() -> str:
    """The whole statement: reads the relation `batch`, gives the columns of `raw.events`, key, value and is_plain."""
    return "\n".join(_lines()) + "\n"


def typed_sql() -> str:
    """The same columns of what `ingestion.recognizer` has read: reads the relation `typed`, in which all is good."""
    return "\n".join(_typed_lines()) + "\n"


def _typed_lines() -> Iterator[str]:
    yield "-- typed: one row per record of a batch that the compiled recognizer has read, which are good"
    yield "-- grain: topic_id, partition, offset   owner: data engineering"
    yield "-- Made from consent/contract.py by `make contract`; do not edit. Reads the relation typed."
    yield "select"
    for name, sql_type in POSITION:
        yield f"    {_position(name, sql_type)},"
    columns = [field for field in FIELDS if field.column]
    for field in columns:
        comma = "" if field is columns[-1] else ","
        yield f"    {_typed_value(field)}{comma}"
    yield "from typed"


def _typed_value(field: Field) -> str:
    if field.sql_type == "json":  # as DuckDB writes it, without spaces
        return (
            f"case when {field.column}_spaces > 0 then json({field.column}) else {field.column} end as {field.column}"
        )
    return f"coalesce({field.column}, '{field.default}') as {field.column}" if field.default else f"{field.column}"


def _lines() -> Iterator[str]:
    yield "-- plain: one row per record of a batch, typed, and whether it is plainly good; else it is for landing.decode"
    yield "-- grain: topic_id, partition, offset   owner: data engineering"
    yield "-- Made from consent/contract.py by `make contract`; do not edit. Reads the relation batch:"
    yield "-- topic, topic_id, partition, offset, timestamp_ms, key, value, text (null where value is not UTF-8)."
    yield "with documents as ("
    yield "    select"
    yield "        *,"
    yield "        try_cast(text as json) as document"
    yield "    from batch"
    yield "),"
    yield "typed as ("
    yield "    select"
    yield "        *,"
    yield "        regexp_full_match("
    yield "            text,"
    yield f"            '{_SPACE}\\{{{_SPACE}(?:'"
    yield from _alternatives()
    yield f"            || ')*\\}}{_SPACE}'"
    yield "        ) as has_grammar,"
    yield "        len(json_keys(document)) as keys,"
    yield "        json_transform(document, '{"
    yield ",\n".join(f'            "{field.path}": {_shape(field)}' for field in top_level())
    yield "        }') as event"
    yield "    from documents"
    yield "),"
    yield "timed as ("
    yield "    select"
    yield "        *,"
    yield "        -- Only timestamptz heeds the offset (the session is in UTC), and only upper case is read."
    yield "        try_cast(upper(event.occurred_at) as timestamptz)::timestamp as occurred_at,"
    yield "        try_cast(upper(event.received_at) as timestamptz)::timestamp as received_at"
    yield "    from typed"
    yield "),"
    yield "judged as ("
    yield "    select"
    yield "        *,"
    yield "        coalesce("
    yield "            has_grammar"
    for condition in _conditions():
        yield f"            and {condition}"
    yield "        , false) as is_plain"
    yield "    from timed"
    yield ")"
    yield "select"
    for name, sql_type in POSITION:
        yield f"    {_position(name, sql_type)},"
    for field in FIELDS:
        if field.column:
            yield f"    {_value(field)} as {field.column},"
    yield "    case when not is_plain then key end as key,"
    yield "    case when not is_plain then value end as value,"
    yield "    is_plain"
    yield "from judged"


def _alternatives() -> Iterator[str]:
    for place, field in enumerate(top_level()):
        yield f"            || {_text(('|' if place else '') + _member(field) + _COMMA)}"


def _member(field: Field) -> str:
    return f'"{field.path.rpartition(".")[2]}"{_COLON}{_grammar(field)}'


def _grammar(field: Field) -> str:
    """A regular expression that only good values match, though perhaps not all of them."""
    if field.path == "schema_version":
        return str(SCHEMA_VERSION)
    if field.path == "storage":
        return rf"\[{_SPACE}(?:{_object(STORAGE)}{_COMMA})*\]"
    if field.values:
        return rf"\{{{_SPACE}(?:{_STRING}{_COLON}{_scalar(field.values)}{_COMMA})*\}}"
    if field.type == "object":
        return _object(children(field.path))
    if field.enum:
        return f'"(?:{"|".join(field.enum)})"'
    if field.pattern:
        return f'"(?:{field.pattern})"'
    if field.type == "integer":
        # One digit less than the maximum has, so that the maximum cannot be passed.
        digits = rf"\d{{1,{len(str(field.maximum)) - 1}}}"
        return f"(?:null|{digits})" if field.nullable else digits
    return _scalar(field.type)


def _scalar(json_type: str) -> str:
    return "(?:true|false)" if json_type == "boolean" else _STRING


def _object(members: Iterable[Field]) -> str:
    """Members in the contract's order, so that none comes twice."""
    listed = (f"{_member(m)}{_COMMA}" if m.required else f"(?:{_member(m)}{_COMMA})?" for m in members)
    return rf"\{{{_SPACE}{''.join(listed)}\}}"


def _conditions() -> Iterator[str]:
    """What the grammar cannot say: each key once, what is required, lengths, and dates that exist."""
    yield f"keys = {_count(top_level())}"
    for field in _FREE:
        keys = f"json_keys(event.{field.path})"
        known = f"event.{field.path} is null"
        if field.path == "categories":
            known += f" or regexp_full_match(event.categories, {_text(_CANONICAL)})"
        yield f"case when {known} then true else len({keys}) = len(list_distinct({keys})) end"
    for field in top_level():
        present = f"event.{field.path} is not null"
        if field.required == KINDS:
            yield present
        elif field.required:
            yield f"(event.kind not in ({', '.join(_text(kind) for kind in field.required)}) or {present})"
        if field.max_length:  # bytes are at least as many as characters
            yield (
                f"coalesce(strlen(event.{field.path}), {field.min_length}) "
                f"between {field.min_length} and {field.max_length}"
            )
        if field.sql_type == "timestamp":
            yield f"(event.{field.path} is null or {field.path} is not null)"


def _count(fields: Iterable[Field]) -> str:
    return " + ".join(f"(event.{field.path} is not null)::int" for field in fields)


def _shape(field: Field) -> str:
    if field.path == "storage":
        return "[{" + ", ".join(f'"{member.path}": {_TYPES[member.type]}' for member in STORAGE) + "}]"
    members = children(field.path)
    if members:
        return "{" + ", ".join(f'"{member.path.partition(".")[2]}": {_shape(member)}' for member in members) + "}"
    return _TYPES.get(field.type, '"JSON"')


def _value(field: Field) -> str:
    if field.sql_type == "uuid":
        return f"try_cast(event.{field.path} as uuid)"
    if field.sql_type == "timestamp":
        return field.path
    if field.default:
        return f"coalesce(event.{field.path}, '{field.default}')"
    return f"event.{field.path}"


def _position(name: str, sql_type: str) -> str:
    if name == "kafka_timestamp":
        return "make_timestamp(timestamp_ms * 1000) as kafka_timestamp"
    quoted = f'"{name}"' if name == "offset" else name
    return f"{quoted}::uuid as {quoted}" if sql_type == "uuid" else quoted


def _text(value: str) -> str:
    """A SQL string literal."""
    return "'" + value.replace("'", "''") + "'"
