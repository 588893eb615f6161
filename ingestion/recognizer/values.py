"""Compiled code that reads single values: strings, numbers, booleans, and objects whose names are free.

Each function takes the bytes, where to begin and where the record ends, and gives where the value ends, or NOT.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ingestion.recognizer.forms import NOT, Bytes, compiled, has_form, is_digit, read_time, read_uuid
from ingestion.recognizer.tables import (
    BOOLEAN,
    ENUM,
    FREE,
    INTEGER,
    MAP_OF_BOOLEANS,
    NULL,
    STRING,
    TIME,
    UUID,
    Tables,
    Values,
)
from ingestion.recognizer.words import NOTHING, ends_string, first, same, word


@compiled
def after_space(data: Bytes, at: int, end: int) -> int:
    while at < end and (data[at] == 32 or data[at] == 10 or data[at] == 13 or data[at] == 9):
        at += 1
    return at


@compiled
def string_end(data: Bytes, at: int, end: int) -> int:
    """Where the quote is that ends the string beginning at `at`, or NOT."""
    while at + 8 <= end:
        marks = ends_string(word(data, at))
        if marks != NOTHING:
            at += first(marks)
            break
        at += 8
    while at < end:
        if data[at] == 34:
            return at
        if data[at] == 92 or data[at] < 32:
            return NOT
        at += 1
    return NOT


@compiled
def find(data: Bytes, at: int, end: int, tables: Tables, start: int, count: int, guess: int) -> int:
    """The id of the member whose name, and a quote, are at `at`, or NOT.

    Producers keep to an order, so the next one is tried first.
    """
    for _ in range(count):
        if guess >= start + count:
            guess = start
        row = tables.fields[guess]
        close = at + row.length
        if close < end and data[close] == 34 and same(data, at, tables.letters, row.key, row.length):
            return guess
        guess += 1
    return NOT


@compiled
def put_text(data: Bytes, at: int, length: int, values: Values, place: int) -> None:
    """Arrow's view of a text: its length, then all of it if that is at most 12, else how it begins and where it is."""
    view, letters = values.texts[place], values.letters[place]
    view[0], view[1], view[2], view[3] = length, 0, 0, 0
    if length > 12:
        view[1], view[3] = word(data, at), at
    else:
        for i in range(length):
            letters[4 + i] = data[at + i]


@compiled
def listed(data: Bytes, at: int, length: int, tables: Tables, start: int, count: int) -> int:
    """Which value of an enumeration it is, or NOT."""
    for i in range(start, start + count):
        if tables.words[i, 1] == length and same(data, at, tables.letters, tables.words[i, 0], length):
            return i - start
    return NOT


@compiled
def read_string(data: Bytes, at: int, end: int, tables: Tables, field: int, values: Values, row: int) -> int:
    if at >= end or data[at] != 34:
        return NOT
    at += 1
    close = string_end(data, at, end)
    length = close - at
    rule = tables.fields[field]
    if close == NOT or length < rule.low or length > rule.high:
        return NOT
    place = values.bases[field] + row
    if rule.form == UUID:
        return close + 1 if read_uuid(data, at, length, values.uuids[row]) else NOT
    if rule.form == TIME:
        time = read_time(data, at, length)
        values.numbers[place] = time
        return close + 1 if time != NOT else NOT
    if rule.form == ENUM:
        word = listed(data, at, length, tables, rule.word, rule.words)
        values.numbers[place] = word
        if word == NOT:
            return NOT
    elif rule.form != FREE and not has_form(data, at, length, rule.form):
        return NOT
    put_text(data, at, length, values, place)
    return close + 1


@compiled
def read_boolean(data: Bytes, at: int, end: int) -> int:
    """1 or 0, or NOT."""
    if at + 4 <= end and data[at] == 116 and data[at + 1] == 114 and data[at + 2] == 117 and data[at + 3] == 101:
        return 1
    if at + 5 <= end and data[at] == 102 and data[at + 1] == 97 and data[at + 2] == 108 and data[at + 3] == 115:
        return 0 if data[at + 4] == 101 else NOT
    return NOT


@compiled
def read_integer(data: Bytes, at: int, end: int, tables: Tables, field: int, values: Values, row: int) -> int:
    value, start = 0, at
    while at < end and is_digit(data[at]) and at - start < 17:
        value = value * 10 + data[at] - 48
        at += 1
    rule = tables.fields[field]
    if at == start or (data[start] == 48 and at - start > 1) or value < rule.low or value > rule.high:
        return NOT
    values.numbers[values.bases[field] + row] = value
    return at


@compiled
def read_map(data: Bytes, at: int, end: int, of: int, values: Values, place: int, names: npt.NDArray[np.int64]) -> int:
    """Free names, each once, with booleans or strings; kept as the text it is. `names` is room for remembering them."""
    start, spaces, count = at, 0, 0
    if at >= end or data[at] != 123:
        return NOT
    at += 1
    while True:
        due = after_space(data, at, end)
        spaces, at = spaces + due - at, due
        if at < end and data[at] == 125 and count == 0:
            break
        if at >= end or data[at] != 34 or count == len(names):
            return NOT
        close = string_end(data, at + 1, end)
        if close == NOT:
            return NOT
        for i in range(count):
            if names[i, 1] == close - at and same(data, at, data, names[i, 0], close - at):
                return NOT
        names[count, 0], names[count, 1] = at, close - at
        count += 1
        due = after_space(data, close + 1, end)
        if due >= end or data[due] != 58:
            return NOT
        at = after_space(data, due + 1, end)
        spaces += due - close - 1 + at - due - 1
        if of == MAP_OF_BOOLEANS:
            value = read_boolean(data, at, end)
            at += 5 - value
            if value == NOT:
                return NOT
        else:
            if at >= end or data[at] != 34:
                return NOT
            at = string_end(data, at + 1, end) + 1
            if at == NOT + 1:
                return NOT
        due = after_space(data, at, end)
        spaces, at = spaces + due - at, due
        if at < end and data[at] == 125:
            break
        if at >= end or data[at] != 44:
            return NOT
        at += 1
    put_text(data, start, at + 1 - start, values, place)
    values.numbers[place] = spaces
    return at + 1


@compiled
def is_null(data: Bytes, at: int, end: int) -> bool:
    return at + 4 <= end and data[at] == 110 and data[at + 1] == 117 and data[at + 2] == 108 and data[at + 3] == 108


@compiled
def read_value(
    data: Bytes, at: int, end: int, tables: Tables, field: int, values: Values, row: int, names: npt.NDArray[np.int64]
) -> int:
    """Where the value of a field without declared members ends, or NOT."""
    rule = tables.fields[field]
    if rule.nullable and is_null(data, at, end):
        values.states[values.bases[field] + row] = NULL
        return at + 4
    if rule.type == STRING:
        return read_string(data, at, end, tables, field, values, row)
    if rule.type == INTEGER:
        return read_integer(data, at, end, tables, field, values, row)
    if rule.type == BOOLEAN:
        value = read_boolean(data, at, end)
        values.numbers[values.bases[field] + row] = value
        return at + 5 - value if value != NOT else NOT
    return read_map(data, at, end, rule.type, values, values.bases[field] + row, names)
