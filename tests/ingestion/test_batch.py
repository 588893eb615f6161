"""A batch holds the same records before and after it is packed."""

from __future__ import annotations

from uuid import UUID

from ingestion.source import Batch
from ingestion.topics import Topic


def batch(*, pack: bool) -> Batch:
    made = Batch(Topic("t", UUID(int=1), (0, 1)))
    for offset in range(6):
        made.partitions.append(offset % 2)
        made.offsets.append(10 + offset // 2)
        made.timestamps_ms.append(1_790_000_000_000)
        made.keys.append(None)
        made.values.append(b"x" * offset if offset else None)
        made.size += offset
        if pack and offset in (2, 3):
            made.pack()
    for partition in (0, 1):
        made.moved(partition, 10, 13)
    return made


def test_packing_changes_neither_the_records_nor_their_order() -> None:
    packed, columns = batch(pack=True), batch(pack=False)
    assert len(packed.chunks) == 2
    assert len(packed) == len(columns) == 6
    assert packed.to_arrow().combine_chunks() == columns.to_arrow().combine_chunks()
    assert packed.to_arrow()["topic_id"].to_pylist() == [str(UUID(int=1))] * 6


def test_dropping_a_partition_takes_its_records_wherever_they_are() -> None:
    for pack in (True, False):
        made = batch(pack=pack)
        made.drop([1, 7])
        assert made.to_arrow()["offset"].to_pylist() == [10, 11, 12]
        assert made.to_arrow()["value"].to_pylist() == [None, b"xx", b"xxxx"]
        assert (len(made), made.size, made.first, made.positions) == (3, 6, {0: 10}, {0: 13})


def test_an_empty_batch_is_an_empty_relation() -> None:
    made = Batch(Topic("t", UUID(int=1), (0,)))
    assert made.to_arrow().num_rows == 0
    assert "value" in made.to_arrow().column_names
