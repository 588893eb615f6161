"""Arrays made buffer by buffer are those that Arrow makes of the same values."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from ingestion.arrow import binaries, booleans, numbers, repeated


@pytest.mark.parametrize(
    "values",
    [[], [b""], [None], [b"a", None, b"", b"bc"], [None] * 9, [None] * 9 + [b"x" * 300], [b"\x00\xff"] * 17],
)
def test_bytes(values: list[bytes | None]) -> None:
    made = binaries(values)
    made.validate(full=True)
    assert made.equals(pa.array(values, pa.binary()))


def test_flags_and_numbers() -> None:
    flags = [bool(n % 3) for n in range(19)]
    assert booleans(np.array(flags)).equals(pa.array(flags))
    assert numbers([-1, 2**62], np.int64).equals(pa.array([-1, 2**62], pa.int64()))
    with pytest.raises(OverflowError):
        numbers([2**31], np.int32)
    assert repeated("blåbær", 3).to_pylist() == ["blåbær"] * 3


def test_packing_and_decoding_a_batch_leaves_pandas_out() -> None:
    script = """
import sys
from uuid import UUID
from consent.contract import KINDS
from ingestion.decoder import Decoder
from ingestion.source import Batch
from ingestion.topics import Topic
from tests.ingestion.events import encode, event
batch = Batch(Topic("t", UUID(int=1), (0,)), [0, 0], [0, 1], [0, 0], [b"k", None], [encode(event(KINDS[0])), b"{"])
with Decoder() as decoder:
    decoder.decode(batch.to_arrow())
    print(len(decoder.connection.execute("from decoded").fetchall()), "pandas" in sys.modules)
"""
    assert subprocess.check_output([sys.executable, "-c", script], text=True).split() == ["2", "False"]
