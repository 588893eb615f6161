"""The machine as native code: found where an earlier process left it, else compiled; loaded without Numba.

Importing Numba, and what it imports, takes a second of a processor and 130 MB; llvmlite alone loads what it has made.
"""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import tempfile
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import binding
from platformdirs import user_cache_path

from consent import contract
from ingestion.recognizer.tables import ROW, Tables, Values

# The function's arguments: an array's address, or a number where it has no dimensions.
ARGUMENTS: tuple[tuple[str, Any, int], ...] = (
    ("data", np.uint8, 1),
    ("ends", np.int32, 1),
    ("records", np.int64, 0),
    ("fields", ROW, 1),
    ("letters", np.uint8, 1),
    ("words", np.int64, 2),
    ("required", np.int64, 1),
    ("bases", np.int64, 1),
    ("texts", np.int32, 2),
    ("views", np.uint8, 2),
    ("numbers", np.int64, 1),
    ("states", np.uint8, 1),
    ("uuids", np.uint8, 2),
    ("items", np.int64, 0),
    ("good", np.bool_, 1),
    ("item_ends", np.int32, 1),
    ("names", np.int64, 2),
)
# How many names a map of free ones may have.
NAMES = 32
# Numba's own, which the code mentions for errors it does not raise and for arrays it does not own.
NEVER_CALLED = ("numba_gil_ensure", "numba_gil_release", "NRT_MemInfo_call_dtor")

_HERE = Path(__file__).parent


class Machine:
    """Reads records of bytes into `Values`, as `ingestion.recognizer.machine.read` describes."""

    def __init__(self) -> None:
        name, code = _found() or _compiled()
        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
        for symbol in NEVER_CALLED:
            if not binding.address_of_symbol(symbol):
                binding.add_symbol(symbol, ctypes.cast(ctypes.CDLL(None).abort, ctypes.c_void_p).value)
        target = binding.Target.from_default_triple().create_target_machine()
        self._engine = binding.create_mcjit_compiler(binding.parse_assembly(""), target)  # the code lives in it
        self._engine.add_object_file(binding.ObjectFileRef.from_data(code))
        self._engine.finalize_object()
        kinds = (ctypes.c_void_p if dimensions else ctypes.c_int64 for _, _, dimensions in ARGUMENTS)
        self._read = ctypes.CFUNCTYPE(ctypes.c_int64, *kinds)(self._engine.get_function_address(name))
        self._names = np.empty((NAMES, 2), np.int64)

    def read(
        self,
        data: npt.NDArray[np.uint8],
        ends: npt.NDArray[np.int32],
        tables: Tables,
        values: Values,
        items: int,
        good: npt.NDArray[np.bool_],
        item_ends: npt.NDArray[np.int32],
    ) -> int:
        """Read record i from `ends[i]` to `ends[i + 1]`; how many rows that made. For one thread at a time."""
        given: Sequence[Any] = (data, ends, len(ends) - 1, *tables, *values, items, good, item_ends, self._names)
        passed = []
        for (name, dtype, dimensions), value in zip(ARGUMENTS, given, strict=True):
            if dimensions:
                if value.dtype != dtype or value.ndim != dimensions or not value.flags.c_contiguous:
                    raise TypeError(f"{name}: expected {dimensions} dimensions of {np.dtype(dtype)}")
                passed.append(value.ctypes.data)
            else:
                passed.append(value)
        return int(self._read(*passed))


def _places() -> list[Path]:
    """Where the code may lie: beside its source, or in the user's cache where that cannot be written."""
    made_from = hashlib.sha256()
    for path in (*sorted(_HERE.glob("*.py")), Path(contract.__file__)):
        made_from.update(path.read_bytes())
    for what in (version("numba"), binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()):
        made_from.update(what.encode())
    name = f"machine-{made_from.hexdigest()[:32]}.native"
    return [_HERE / "__pycache__" / name, user_cache_path("consent") / name]


def _found() -> tuple[str, bytes] | None:
    for place in _places():
        with contextlib.suppress(OSError):
            name, _, code = place.read_bytes().partition(b"\n")
            return name.decode(), code
    return None


def _compiled() -> tuple[str, bytes]:
    from ingestion.recognizer.compiler import object_code

    name, code = object_code()
    for place in _places():
        with contextlib.suppress(OSError):
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, unfinished = tempfile.mkstemp(dir=place.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(name.encode() + b"\n" + code)
            Path(unfinished).chmod(0o644)
            Path(unfinished).replace(place)
            break
    return name, code
