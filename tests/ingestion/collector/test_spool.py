"""The spool: in order, bounded, whole after any end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from consent.errors import ConsentError
from ingestion.collector.spool import Record, Spool, SpoolFull


def records(first: int, count: int) -> list[Record]:
    return [(f"key-{n}".encode(), b"%d:" % n + b"x" * (n % 50)) for n in range(first, first + count)]


def emptied(spool: Spool, count: int = 7) -> list[Record]:
    found: list[Record] = []
    while some := spool.peek(count):
        found += some
        spool.advance()
    return found


def opened(folder: Path, limit: int = 1_000_000, segment_bytes: int = 1_000) -> Spool:
    return Spool(folder, limit=limit, segment_bytes=segment_bytes)


def test_comes_out_in_order_over_segments_and_leaves_nothing_on_the_disk(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    for first in range(0, 300, 10):
        spool.append(records(first, 10))
    assert len(list(tmp_path.glob("*.segment"))) > 5
    assert spool.records == 300
    assert emptied(spool) == records(0, 300)
    assert not spool
    assert (spool.size, spool.records) == (0, 0)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    spool.append(records(300, 1))
    assert emptied(spool) == records(300, 1)


def test_can_be_filled_while_it_is_emptied(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    found: list[Record] = []
    for first in range(0, 400, 20):
        spool.append(records(first, 20))
        found += spool.peek(13)
        spool.append([])
        spool.advance()
    assert found + emptied(spool) == records(0, 400)


def test_what_was_peeked_stays_until_it_is_advanced(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append(records(0, 5))
    assert spool.peek(3) == spool.peek(3) == records(0, 3)
    assert emptied(spool) == records(0, 5)


def test_is_there_for_the_next_process_which_sends_a_begun_segment_again(tmp_path: Path) -> None:
    spool = opened(tmp_path, segment_bytes=100_000)
    spool.append(records(0, 20))
    spool.peek(7)
    spool.advance()
    spool.close()
    again = opened(tmp_path)
    assert again.records == 20
    again.append(records(20, 5))
    assert emptied(again) == records(0, 25)


@pytest.mark.parametrize("cut", [1, 5, 9, 30])
def test_a_torn_end_is_cut_off(tmp_path: Path, cut: int) -> None:
    spool = opened(tmp_path)
    spool.append(records(0, 10))
    spool.close()
    (segment,) = tmp_path.glob("*.segment")
    size = segment.stat().st_size
    with segment.open("ab") as file:
        file.write(os.urandom(50))
    os.truncate(segment, size + cut)
    again = opened(tmp_path)
    assert segment.stat().st_size == size
    assert emptied(again) == records(0, 10)


def test_a_damaged_segment_is_set_aside_and_the_next_goes_on(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    spool.append(records(0, 60))
    spool.append(records(60, 10))
    first = min(tmp_path.glob("*.segment"))
    content = bytearray(first.read_bytes())
    content[len(content) // 2] ^= 0xFF
    first.write_bytes(content)
    found = emptied(spool)
    assert found[-10:] == records(60, 10)
    assert found[:-10] == records(0, len(found) - 10)
    assert len(found) < 70
    assert [path.suffix for path in sorted(tmp_path.iterdir())] == [".damaged", ""]
    assert (spool.size, spool.records) == (0, 0)


def test_refuses_what_is_over_the_limit_and_keeps_the_rest(tmp_path: Path) -> None:
    spool = opened(tmp_path, limit=2_000)
    spool.append(records(0, 20))
    with pytest.raises(SpoolFull):
        spool.append(records(20, 1_000))
    assert emptied(spool) == records(0, 20)
    spool.append(records(20, 20))
    assert emptied(spool) == records(20, 20)


def test_a_full_disk_takes_nothing_and_harms_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = opened(tmp_path)
    spool.append(records(0, 3))

    def torn_write(file: int, data: memoryview) -> int:
        real(file, bytes(data[:10]))
        raise OSError(28, "No space left on device")

    real = os.write
    with monkeypatch.context() as patched:
        patched.setattr(os, "write", torn_write)
        with pytest.raises(SpoolFull, match="No space left"):
            spool.append(records(3, 3))
    spool.append(records(6, 3))
    assert emptied(spool) == [*records(0, 3), *records(6, 3)]


def test_one_process_at_a_time(tmp_path: Path) -> None:
    spool = opened(tmp_path)
    with pytest.raises(ConsentError, match="another collector"):
        opened(tmp_path)
    spool.close()
    opened(tmp_path).close()
