"""Records in, typed columns out: what the machine reads, as Arrow takes it, with the bytes left where they are."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from consent.contract import STORAGE
from ingestion.arrow import bits
from ingestion.recognizer.native import Machine
from ingestion.recognizer.tables import BOOLEAN, FIELDS, FIRST_OF_ITEM, INTEGER, PRESENT, TIME, UUID, Values, tables

# An item of storage has at least so many bytes: `{"name":"a","type":"cookie"},`. Shorter ones may not find room.
_ITEM_BYTES = 28
# Between two columns: where all began at the same place of a page, a processor could keep few of them at hand.
_APART = 68


class Recognizer:
    """Reads binary arrays of records. Made once: the machine is compiled then, or found compiled."""

    def __init__(self) -> None:
        self._machine = Machine()
        self._tables = tables()
        self._lock = Lock()  # of the room that reading needs: most of it stays empty, so what is in it is copied out
        self._rows, self._items, self._values = 0, 0, _room(0, 0)

    def read(self, records: pa.Array[Any]) -> tuple[pa.RecordBatch, npt.NDArray[np.bool_]]:
        """The plainly good among records of UTF-8, in their order, as the event's columns of `raw.events`; and which.

        Values are as they came: defaults are not filled in, and the columns `categories_spaces` and `gcm_spaces` say
        how much white space those texts have between their tokens.
        """
        ends, data = (buffer or pa.py_buffer(bytes(8)) for buffer in records.buffers()[1:])  # none: nothing but nulls
        offsets = np.frombuffer(memoryview(ends), np.int32)[records.offset : records.offset + len(records) + 1]
        items = int(offsets[-1] - offsets[0]) // _ITEM_BYTES
        good = np.empty(len(records), np.bool_)
        item_ends = np.zeros(len(records) + 1, np.int32)
        with self._lock:
            if len(records) > self._rows or items > self._items:
                self._rows, self._items = max(len(records), self._rows), max(items, self._items)
                self._values = _room(self._rows, self._items)
            values = self._values
            rows = self._machine.read(
                np.frombuffer(memoryview(data), np.uint8), offsets, self._tables, values, items, good, item_ends
            )
            return _batch(self._tables.fields, values, data, item_ends[: rows + 1]), good


def _room(rows: int, items: int) -> Values:
    """Memory for so many of each, which costs nothing before it is written to."""
    places = np.arange(len(FIELDS), dtype=np.int64)
    own, of_items = np.minimum(places, FIRST_OF_ITEM), np.maximum(places - FIRST_OF_ITEM, 0)
    bases = own * (rows + _APART) + of_items * (items + _APART)
    size = int(bases[-1]) + items
    texts = np.empty((size, 4), np.int32)
    return Values(
        bases,
        texts,
        texts.view(np.uint8),
        np.empty(size, np.int64),
        np.empty(size, np.uint8),
        np.empty((rows, 16), np.uint8),
    )


def _batch(
    rules: npt.NDArray[Any], values: Values, data: pa.Buffer, item_ends: npt.NDArray[np.int32]
) -> pa.RecordBatch:
    rows, items = len(item_ends) - 1, int(item_ends[-1])
    columns: dict[str, pa.Array[Any]] = {}
    for place, field in enumerate(FIELDS[:FIRST_OF_ITEM]):
        if field.path == "storage":
            members = [_column(rules, values, data, FIRST_OF_ITEM + i, items) for i in range(len(STORAGE))]
            item = pa.StructArray.from_arrays(members, [member.path for member in STORAGE])
            present = bits(values.states[values.bases[place] :][:rows] == PRESENT)
            columns["storage"] = pa.Array.from_buffers(
                pa.list_(item.type), rows, [present, pa.py_buffer(item_ends.data)], children=[item]
            )
        elif field.column:
            columns[field.column] = _column(rules, values, data, place, rows)
            if field.sql_type == "json":
                spaces = values.numbers[values.bases[place] :][:rows].copy()
                columns[f"{field.column}_spaces"] = pa.Array.from_buffers(
                    pa.int64(), rows, [None, pa.py_buffer(spaces.data)]
                )
    return pa.RecordBatch.from_pydict(columns)


def _column(rules: npt.NDArray[Any], values: Values, data: pa.Buffer, place: int, rows: int) -> pa.Array[Any]:
    """One field's values, of a type that DuckDB takes for its column's; a copy of its own."""
    start = values.bases[place]
    flags = values.states[start:][:rows] == PRESENT
    present, numbers = bits(flags), values.numbers[start:][:rows].copy()
    kind, form = rules[place]["type"], rules[place]["form"]
    if form == UUID:
        stored = pa.Array.from_buffers(pa.binary(16), rows, [present, pa.py_buffer(values.uuids[:rows].tobytes())])
        return pa.ExtensionArray.from_storage(pa.uuid(), stored)
    if form == TIME:
        return pa.Array.from_buffers(pa.timestamp("us"), rows, [present, pa.py_buffer(numbers.data)])
    if kind == INTEGER:
        return pa.Array.from_buffers(pa.int64(), rows, [present, pa.py_buffer(numbers.data)])
    if kind == BOOLEAN:
        return pa.Array.from_buffers(pa.bool_(), rows, [present, bits(numbers == 1)])
    if not flags.any():
        return pa.nulls(rows, pa.string_view())
    views = pa.py_buffer(values.texts[start:][:rows].tobytes())
    return pa.Array.from_buffers(pa.string_view(), rows, [present, views, data])
