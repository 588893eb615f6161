"""The compiled machine: one pass over the bytes of each record, by the contract's tables.

It knows good records only: NOT says that one is not plainly good, and nothing about why. Escapes in strings, fields
that the contract does not name, times before 1970 or finer than a microsecond are among what it leaves to the SQL.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ingestion.recognizer.forms import NOT, Bytes, compiled
from ingestion.recognizer.tables import ABSENT, FIRST_OF_ITEM, ITEMS, KIND, OBJECT, OWN, PRESENT, Tables, Values
from ingestion.recognizer.values import after_space, find, read_value

# What an object belongs to.
_EVENT, _MEMBER, _ITEM = range(3)


@compiled
def clear(values: Values, row: int, first: int, count: int) -> None:
    for field in range(first, first + count):
        values.states[values.bases[field] + row] = ABSENT


@compiled
def is_complete(tables: Tables, values: Values, row: int, first: int, count: int) -> bool:
    for field in range(first, first + count):
        if tables.fields[field].required and values.states[values.bases[field] + row] == ABSENT:
            return False
    return True


@compiled
def read_event(
    data: Bytes,
    at: int,
    end: int,
    tables: Tables,
    values: Values,
    row: int,
    item: int,
    items: int,
    names: npt.NDArray[np.int64],
) -> int:
    """Fill row `row`, and those of its items of storage from `item` on, below `items`.

    Gives the row after the last of these, or NOT.
    """
    clear(values, row, 0, FIRST_OF_ITEM)
    level, first, count, guess, outer = _EVENT, 0, OWN, 0, 0
    present = 0
    at = after_space(data, at, end)
    if at >= end or data[at] != 123:
        return NOT
    at += 1
    opened = True
    while True:
        at = after_space(data, at, end)
        if not (opened and at < end and data[at] == 125):
            if at >= end or data[at] != 34:
                return NOT
            field = find(data, at + 1, end, tables, first, count, guess)
            place = item if level == _ITEM else row
            if field == NOT or values.states[values.bases[field] + place] != ABSENT:
                return NOT
            values.states[values.bases[field] + place] = PRESENT
            guess = field + 1
            rule = tables.fields[field]
            at = after_space(data, at + rule.length + 2, end)
            if at >= end or data[at] != 58:
                return NOT
            at = after_space(data, at + 1, end)
            if level == _EVENT:
                present |= 1 << field
            if rule.type == OBJECT or rule.type == ITEMS:
                level, first, count, outer, guess = _MEMBER, rule.member, rule.members, guess, rule.member
                opened = True
                if rule.type == OBJECT:
                    if at >= end or data[at] != 123:
                        return NOT
                    at += 1
                    continue
                at = after_space(data, at + 1, end) if at < end and data[at] == 91 else end
                if at >= end:
                    return NOT
                if data[at] == 123:
                    if item == items:
                        return NOT
                    level = _ITEM
                    clear(values, item, first, count)
                    at += 1
                    continue
                if data[at] != 93:
                    return NOT
                level, first, count, guess = _EVENT, 0, OWN, outer
                at += 1
            else:
                at = read_value(data, at, end, tables, field, values, place, names)
                if at == NOT:
                    return NOT
            at = after_space(data, at, end)
        opened = False
        while at < end and data[at] == 125:
            if level == _EVENT:
                # Without a kind something is missing whichever it was.
                kind = values.numbers[values.bases[KIND] + row] if present >> KIND & 1 else 0
                needed = tables.required[kind]
                return item if present & needed == needed and after_space(data, at + 1, end) == end else NOT
            at = after_space(data, at + 1, end)
            if level == _ITEM:
                if not is_complete(tables, values, item, first, count):
                    return NOT
                item += 1
                guess = first
                if at < end and data[at] == 44:
                    at = after_space(data, at + 1, end)
                    if at >= end or data[at] != 123 or item == items:
                        return NOT
                    clear(values, item, first, count)
                    at += 1
                    opened = True
                    break
                if at >= end or data[at] != 93:
                    return NOT
                at = after_space(data, at + 1, end)
            level, first, count, guess = _EVENT, 0, OWN, outer
        if not opened:
            if at >= end or data[at] != 44:
                return NOT
            at += 1


@compiled
def read(
    data: Bytes,
    ends: npt.NDArray[np.int32],
    tables: Tables,
    values: Values,
    items: int,
    good: npt.NDArray[np.bool_],
    item_ends: npt.NDArray[np.int32],
    names: npt.NDArray[np.int64],
) -> int:
    """Read the records of `data`, record i from `ends[i]` to `ends[i + 1]`; how many rows that made.

    Sets `good` for each record and `item_ends` for each row (from the second value on). There is room for as many rows
    as records and for `items` items of storage; what does not fit is not recognized. `names` is room for a map's.
    """
    row, item = 0, 0
    for i in range(len(ends) - 1):
        after = read_event(data, ends[i], ends[i + 1], tables, values, row, item, items, names)
        good[i] = after != NOT
        if after != NOT:
            row, item = row + 1, after
            item_ends[row] = item
    return row
