"""The C heap of a process that lands batches for months."""

from __future__ import annotations

import contextlib
import ctypes

_ARENA_MAX, _ARENAS = -8, 2  # M_ARENA_MAX of glibc's mallopt


def keep_small() -> None:
    """Let glibc use two arenas; of its usual eight a core, each keeps what a batch once took, and memory creeps up.

    Call it before there are threads. Does nothing where the C library is another.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, _ARENAS)
