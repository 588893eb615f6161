"""The contract as tables of numbers, which the compiled machine goes by.

A field's id is its place in `FIELDS`: the event's own members, then those of its objects, then those of an item of
`storage`. The members of one object have ids in a row.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from consent import contract
from consent.contract import KINDS, SCHEMA_VERSION, STORAGE, Field, top_level

# What a value must be.
STRING, INTEGER, BOOLEAN, OBJECT, MAP_OF_BOOLEANS, MAP_OF_STRINGS, ITEMS = range(7)
# How a string must look.
FREE, ENUM, UUID, TIME, REGION, LANGUAGE, SUBJECT, SHA256 = range(8)
# Whether a field is there.
ABSENT, PRESENT, NULL = range(3)

FIELDS: tuple[Field, ...] = (*top_level(), *(field for field in contract.FIELDS if "." in field.path), *STORAGE)
OWN = len(top_level())
FIRST_OF_ITEM = len(contract.FIELDS)
KIND = next(place for place, field in enumerate(FIELDS) if field.path == "kind")

_TYPES = {
    ("string", None): STRING,
    ("integer", None): INTEGER,
    ("boolean", None): BOOLEAN,
    ("object", None): OBJECT,
    ("object", "boolean"): MAP_OF_BOOLEANS,
    ("object", "string"): MAP_OF_STRINGS,
    ("array", "object"): ITEMS,
}
# The machine has a function for each pattern of the contract, and a test that compares them.
_FORMS = {
    r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}": UUID,
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})": TIME,
    r"[A-Z]{2}(-[A-Z0-9]{1,3})?": REGION,
    r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*": LANGUAGE,
    r"[A-Za-z0-9_-]{8,64}": SUBJECT,
    r"[0-9A-Fa-f]{64}": SHA256,
}
# key, length: the name, in `letters`. low, high: limits of a number, or of a string's bytes. word, words: the values
# of an enumeration, in `words`. member, members: of an object or of an array's items.
ROW = np.dtype(
    [
        (name, np.int64)
        for name in ("key", "length", "type", "form", "low", "high", "word", "words", "member", "members")
    ]
    + [("nullable", np.bool_), ("required", np.bool_)]
)
_ANY_LENGTH = 2**31 - 1


class Tables(NamedTuple):
    """All that the machine knows of the contract.

    `fields` has a row for each id; `letters` all names and enumerated values; `words` where each of the latter begins
    in it, and its length; `required`, for each kind, the ids that must be there, as bits.
    """

    fields: npt.NDArray[Any]
    letters: npt.NDArray[np.uint8]
    words: npt.NDArray[np.int64]
    required: npt.NDArray[np.int64]


class Values(NamedTuple):
    """What is read. Row r of field f lies at `bases[f] + r` of each.

    `texts` holds Arrow's string views (`letters`: the same memory as bytes); `numbers` integers, booleans,
    microseconds, which word of an enumeration it is and, of a map, how much white space it has; `states` what is there.
    """

    bases: npt.NDArray[np.int64]
    texts: npt.NDArray[np.int32]
    letters: npt.NDArray[np.uint8]
    numbers: npt.NDArray[np.int64]
    states: npt.NDArray[np.uint8]
    uuids: npt.NDArray[np.uint8]


def tables() -> Tables:
    """The tables of the contract's version 1."""
    letters = bytearray()
    words: list[tuple[int, int]] = []
    rows = np.zeros(len(FIELDS), ROW)
    for row, field in zip(rows, FIELDS, strict=True):
        name = field.path.rpartition(".")[2].encode()
        row["key"], row["length"] = len(letters), len(name)
        letters += name
        row["word"], row["words"] = len(words), len(field.enum)
        for word in field.enum:
            words.append((len(letters), len(word)))
            letters += word.encode()
        row["type"] = _TYPES[field.type, field.values]
        row["form"] = ENUM if field.enum else _FORMS[field.pattern] if field.pattern else FREE
        row["low"], row["high"] = _limits(field)
        row["member"], row["members"] = _members(field)
        row["nullable"], row["required"] = field.nullable, bool(field.required)
    required = [sum(1 << i for i, field in enumerate(top_level()) if kind in field.required) for kind in KINDS]
    return Tables(
        rows, np.frombuffer(bytes(letters), np.uint8), np.array(words, np.int64), np.array(required, np.int64)
    )


def _limits(field: Field) -> tuple[int, int]:
    if field.path == "schema_version":
        return SCHEMA_VERSION, SCHEMA_VERSION
    if field.type == "integer":
        return 0, field.maximum or 0
    # Bytes are at least as many as characters: who has too many of them is not recognized, and judged by characters.
    return field.min_length, _ANY_LENGTH if field.max_length is None else field.max_length


def _members(field: Field) -> tuple[int, int]:
    if field.path == "storage":
        return FIRST_OF_ITEM, len(STORAGE)
    ids = [place for place, other in enumerate(FIELDS) if other.path.startswith(f"{field.path}.")]
    return (ids[0], len(ids)) if ids else (0, 0)
