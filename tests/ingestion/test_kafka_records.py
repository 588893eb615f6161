"""Reading records leanly gives what kafka-python gives, and refuses what it refuses."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import IsolationLevel, TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.protocol.consumer.fetch import FetchResponse
from kafka.record import MemoryRecords
from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from kafka.record.memory_records import MemoryRecordsBuilder
from kafka.record.util import calc_crc32c

from ingestion.kafka_records import KEY, OFFSET, TIMESTAMP, VALUE, _PartitionRecords, read_batch

TIME = 1_790_856_000_000
AT = TopicPartition("consent.events", 0)
BYTES = st.one_of(st.none(), st.binary(max_size=200), st.integers(0, 20_000).map(bytes))
RECORDS = st.lists(
    st.tuples(
        st.integers(0, 200),  # further than the one before, where compaction has been
        st.integers(-(2**40), 2**40),
        BYTES,
        BYTES,
        st.lists(st.tuples(st.text(max_size=20), st.one_of(st.none(), st.binary(max_size=90))), max_size=3),
    ),
    min_size=1,
    max_size=40,
)
GZIP = DefaultRecordBatch.CODEC_GZIP


def batch_of(records: list[tuple[Any, ...]], *, first: int = 0, compression: int = 0, producer: int = -1) -> bytes:
    builder = DefaultRecordBatchBuilder(2, compression, producer >= 0, producer, 0, 0, 10**9)
    offset = 0
    for further, later, key, value, headers in records:
        builder.append(offset, TIME + later, key, value, headers)
        offset += further + 1
    made = bytearray(builder.build())
    struct.pack_into(">q", made, 0, first)
    return bytes(made)


def with_attributes(made: bytes, attributes: int) -> bytes:
    """The same batch with these bits set as well, and its checksum right."""
    changed = bytearray(made)
    (before,) = struct.unpack_from(">h", changed, DefaultRecordBatch.ATTRIBUTES_OFFSET)
    struct.pack_into(">h", changed, DefaultRecordBatch.ATTRIBUTES_OFFSET, before | attributes)
    crc = calc_crc32c(memoryview(changed)[DefaultRecordBatch.ATTRIBUTES_OFFSET :])
    struct.pack_into(">I", changed, DefaultRecordBatch.CRC_OFFSET, crc)
    return bytes(changed)


def marker(*, first: int, producer: int, committed: bool) -> bytes:
    """What ends a transaction, as the broker writes it."""
    made = batch_of([(0, 0, struct.pack(">hh", 0, int(committed)), bytes(6), [])], first=first, producer=producer)
    return with_attributes(made, DefaultRecordBatch.CONTROL_MASK)


def in_columns(records: list[Any]) -> list[tuple[Any, ...]]:
    return [(record[OFFSET], record[TIMESTAMP], record[KEY], record[VALUE]) for record in records]


def both(fetched: bytes, fetch_offset: int = 0, aborted: list[Any] | None = None) -> tuple[list[Any], list[Any]]:
    """What the client and what we read of it, each with where the next fetch begins, before and after the rest."""
    told = []
    for kind in (Fetcher.PartitionRecords, _PartitionRecords):
        reading = kind(
            fetch_offset,
            AT,
            MemoryRecords(fetched),
            isolation_level=IsolationLevel.READ_COMMITTED,
            aborted_transactions=aborted,
        )
        some = in_columns(reading.take(3))
        told.append([some, reading.next_fetch_offset])
        rest = in_columns(reading.take()) if reading else []  # who has read to the end is not asked again
        told[-1] += [rest, reading.next_fetch_offset, reading.leader_epoch, bool(reading)]
    return told[0], told[1]


@given(RECORDS, st.sampled_from([0, GZIP]), st.booleans())
def test_a_batch_is_read_as_the_client_reads_it(
    records: list[tuple[Any, ...]], compression: int, appended: bool
) -> None:
    made = batch_of(records, first=7, compression=compression)
    if appended:
        made = with_attributes(made, DefaultRecordBatch.TIMESTAMP_TYPE_MASK)
    theirs = [(r.offset, r.timestamp, r.key, r.value) for r in DefaultRecordBatch(made)]
    assert in_columns(list(read_batch(DefaultRecordBatch(made)))) == theirs


@given(st.lists(RECORDS, min_size=1, max_size=4), st.integers(0, 300))
def test_what_was_fetched_is_read_from_the_offset_on(batches: list[list[tuple[Any, ...]]], fetch_offset: int) -> None:
    fetched = b"".join(batch_of(records, first=10_000 * n) for n, records in enumerate(batches))
    theirs, ours = both(fetched, fetch_offset)
    assert ours == theirs


def test_aborted_transactions_and_markers_are_left_out() -> None:
    def some(text: bytes) -> list[tuple[Any, ...]]:
        return [(0, 0, None, text, []), (0, 1, None, text, [])]

    fetched = b"".join(
        (
            batch_of(some(b"kept"), first=0, producer=1),
            batch_of(some(b"aborted"), first=2, producer=2),
            batch_of(some(b"of no transaction"), first=4),
            marker(first=6, producer=2, committed=False),
            batch_of(some(b"kept: the next transaction"), first=7, producer=2),
            marker(first=9, producer=1, committed=True),
            marker(first=10, producer=2, committed=True),
        )
    )
    aborted = [FetchResponse.FetchableTopicResponse.PartitionData.AbortedTransaction(producer_id=2, first_offset=2)]
    theirs, ours = both(fetched, aborted=aborted)
    assert ours == theirs
    assert [value for *_, value in ours[0] + ours[2]] == [
        *[b"kept"] * 2,
        *[b"of no transaction"] * 2,
        *[b"kept: the next transaction"] * 2,
    ]
    assert ours[3] == 11


@pytest.mark.parametrize("magic", [0, 1])
def test_formats_of_old_brokers_are_read_too(magic: int) -> None:
    builder = MemoryRecordsBuilder(magic, 0, 10_000)
    for n in range(5):
        builder.append(TIME + n, b"key", b"value %d" % n)
    builder.close()
    theirs, ours = both(bytes(builder.buffer()))
    assert ours == theirs
    assert len(ours[0] + ours[2]) == 5


def test_a_wrong_checksum_is_refused_and_tells_nothing_of_the_records() -> None:
    made = bytearray(batch_of([(0, 0, b"made-up-subject", b"made-up-payload", [])], first=5))
    made[-4] ^= 1
    for kind in (Fetcher.PartitionRecords, _PartitionRecords):
        with pytest.raises(CorruptRecordError) as refused:
            kind(0, AT, MemoryRecords(bytes(made))).take()
        assert "made-up" not in str(refused.value)
        assert "offset 5" in str(refused.value)


@given(RECORDS, st.data())
def test_bytes_that_are_no_records_are_refused_or_read_to_their_end(
    records: list[tuple[Any, ...]], data: st.DataObject
) -> None:
    made = bytearray(batch_of(records))
    start = DefaultRecordBatch.HEADER_STRUCT.size
    at = data.draw(st.integers(start, len(made) - 1))
    if data.draw(st.booleans()):
        made[at] ^= data.draw(st.integers(1, 255))
    else:
        del made[at:]
    batch = DefaultRecordBatch(bytes(made))
    try:
        read = list(read_batch(batch))
    except CorruptRecordError:
        return
    assert len(read) == len(records)
    assert sum(len(value or b"") for *_, value in read) <= len(made)
