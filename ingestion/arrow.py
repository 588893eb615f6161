"""Arrow's arrays, made buffer by buffer: `pa.array` imports pandas to see whether its argument is one of those."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa


def bits(flags: npt.NDArray[np.bool_]) -> pa.Buffer:
    """A bit for each flag: Arrow's booleans, or which values are there."""
    return pa.py_buffer(np.packbits(flags, bitorder="little").data)


def booleans(flags: npt.NDArray[np.bool_]) -> pa.Array[Any]:
    """The flags, none of them null."""
    return pa.Array.from_buffers(pa.bool_(), len(flags), [None, bits(flags)])


def numbers(values: Sequence[int], kind: type[np.signedinteger[Any]]) -> pa.Array[Any]:
    """Integers of that kind. Raises OverflowError for one that does not fit."""
    made = np.array(values, kind)
    return pa.Array.from_buffers(pa.from_numpy_dtype(made.dtype), len(values), [None, pa.py_buffer(made.data)])


def binaries(values: Sequence[bytes | None]) -> pa.Array[Any]:
    """Bytes, or null for None; 2 GiB at most in all."""
    with suppress(TypeError):  # looking for None before costs a third of it all: the bytes lie all over the memory
        return _joined(cast(Sequence[bytes], values))
    if values.count(None) == len(values):
        return pa.nulls(len(values), pa.binary())
    flags = np.fromiter((value is not None for value in values), np.bool_, len(values))
    return _joined([value or b"" for value in values], bits(flags))


def _joined(values: Sequence[bytes], present: pa.Buffer | None = None) -> pa.Array[Any]:
    data = b"".join(values)
    ends = np.zeros(len(values) + 1, np.int32)
    np.cumsum(np.fromiter(map(len, values), np.int32, len(values)), out=ends[1:])
    return pa.Array.from_buffers(pa.binary(), len(values), [present, pa.py_buffer(ends.data), pa.py_buffer(data)])


def repeated(text: str, count: int) -> pa.Array[Any]:
    """The same text `count` times, as a dictionary of one."""
    indices = pa.Array.from_buffers(pa.int8(), count, [None, pa.py_buffer(bytes(count))])
    return pa.DictionaryArray.from_arrays(indices, binaries([text.encode()]).cast("string"))
