"""Compiled code that looks at eight bytes at once: a word, of which byte i is the bits from 8 i on (little-endian)."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numba.np.arrayobj import make_array

from ingestion.recognizer.forms import Bytes, compiled

_ONES = np.uint64(0x0101010101010101)
_HIGH_BITS = np.uint64(0x8080808080808080)
_QUOTES, _ESCAPES, _SPACES = (np.uint64(byte * 0x0101010101010101) for byte in b'"\\ ')
_THREE = np.uint64(3)
NOTHING = np.uint64(0)


@intrinsic
def word(_typing: Any, data: Any, at: Any) -> Any:  # noqa: ARG001 - Numba calls by these names
    """The eight bytes from `at` on, wherever that is. They must all be there."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = make_array(signature.args[0])(context, builder, arguments[0])
        address = builder.gep(array.data, [arguments[1]])
        loaded = builder.load(builder.bitcast(address, ir.IntType(64).as_pointer()))
        loaded.align = 1
        return loaded

    return types.uint64(data, types.int64), generate


@intrinsic
def _zeros(_typing: Any, number: Any) -> Any:  # noqa: ARG001
    """How many of the lowest bits are zero, of a number that is not."""

    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.uint64(types.uint64), generate


@compiled
def first(marks: np.uint64) -> int:
    """The first byte that has its high bit set, of marks that are not NOTHING."""
    return int(np.int64(_zeros(marks) >> _THREE))


@compiled
def ends_string(letters: np.uint64) -> np.uint64:
    """Marks of quotes, backslashes and control characters. The first mark is right; those after it may not be."""
    quote, escape = letters ^ _QUOTES, letters ^ _ESCAPES
    return (((quote - _ONES) & ~quote) | ((escape - _ONES) & ~escape) | ((letters - _SPACES) & ~letters)) & _HIGH_BITS


@compiled
def same(data: Bytes, at: int, others: Bytes, other: int, length: int) -> bool:
    """Whether so many bytes from `at` on are those of `others` from `other` on."""
    if length >= 8:
        for i in range(0, length - 7, 8):
            if word(data, at + i) != word(others, other + i):
                return False
        return word(data, at + length - 8) == word(others, other + length - 8)
    for i in range(length):
        if data[at + i] != others[other + i]:
            return False
    return True
