"""The compiler: makes object code of the machine, and needs Numba for it. What loads that code does not."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import binding
from numba import carray, cfunc, from_dtype, types

from consent.errors import ConsentError
from ingestion.recognizer.machine import read
from ingestion.recognizer.native import ARGUMENTS, NAMES, NEVER_CALLED
from ingestion.recognizer.tables import Tables, Values

# An array's length, where it does not count: the machine keeps to what it was given.
_MANY = 2**40
# What any process has that runs Python.
_AT_HAND = ("llvm.", "Py", "memcpy", "memmove", "memset")


def object_code() -> tuple[str, bytes]:
    """The function's name and the code that has it, for this processor. Takes half a minute.

    Raises ConsentError where the code would need something of Numba's, without which it is to run.
    """
    signature = types.int64(*(_type(dtype, dimensions) for _, dtype, dimensions in ARGUMENTS))
    made = cfunc(signature)(_entry)
    library = made._library
    module = binding.parse_assembly(library.get_llvm_str())
    needed = {function.name for function in module.functions if function.is_declaration}
    unknown = {name for name in needed if not name.startswith(_AT_HAND)} - set(NEVER_CALLED)
    if unknown:
        raise ConsentError(f"expected compiled code that needs nothing of Numba's; it needs {sorted(unknown)}")
    return made.native_name, library._get_compiled_object()


def _type(dtype: Any, dimensions: int) -> Any:
    kind = from_dtype(np.dtype(dtype))
    return types.CPointer(kind) if dimensions else kind


def _entry(  # type: ignore[no-untyped-def]
    data,
    ends,
    records,
    fields,
    letters,
    words,
    required,
    bases,
    texts,
    views,
    numbers,
    states,
    uuids,
    items,
    good,
    item_ends,
    names,
):
    return read(
        carray(data, (_MANY,)),
        carray(ends, (records + 1,)),
        Tables(
            carray(fields, (_MANY,)),
            carray(letters, (_MANY,)),
            carray(words, (_MANY, 2)),
            carray(required, (_MANY,)),
        ),
        Values(
            carray(bases, (_MANY,)),
            carray(texts, (_MANY, 4)),
            carray(views, (_MANY, 16)),
            carray(numbers, (_MANY,)),
            carray(states, (_MANY,)),
            carray(uuids, (_MANY, 16)),
        ),
        items,
        carray(good, (_MANY,)),
        carray(item_ends, (_MANY,)),
        carray(names, (NAMES, 2)),
    )
