"""kafka-python's reading of fetched records, without what nobody here asks for.

The client spends most of its time on single records: a function call for each number in one, headers, deserializers, an
object of thirteen fields. All that is read here is offset, timestamp, key and value; fetching, checksums, decompression
and transactions stay the client's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final, TypeAlias

from kafka import KafkaConsumer
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.record.default_records import DefaultRecordBatch

# As kafka-python's ConsumerRecord has them, so that either can be read by position.
OFFSET: Final = 3
TIMESTAMP: Final = 4
KEY: Final = 6
VALUE: Final = 7
Record: TypeAlias = tuple[None, None, None, int, int, None, bytes | None, bytes | None]

# A record begins with its length, a byte of attributes, how far its timestamp and its offset are from the batch's
# first, the length of its key (-1: null) and the key; then the same of the value, and headers.
_NUMBER = rb"([\x80-\xff]{0,9}[\x00-\x7f])"
_HEAD = re.compile(_NUMBER + rb"." + 3 * _NUMBER, re.DOTALL).match
_SIZE = re.compile(_NUMBER).match


def read_leanly(consumer: KafkaConsumer) -> None:
    """Let this consumer, which must read committed records only, bring a `Record` for each record."""
    consumer._fetcher.PartitionRecords = _PartitionRecords


class _PartitionRecords(Fetcher.PartitionRecords):  # type: ignore[misc]
    """What was fetched of one partition; `take` gives `Record`s."""

    def _maybe_skip_record(self, record: Record) -> bool:
        return record[OFFSET] < self.fetch_offset  # type: ignore[no-any-return]

    def _unpack_records(self, _at: Any, records: Any, *_deserializers: Any) -> Iterator[Record]:
        while (batch := records.next_batch()) is not None:
            if self.check_crcs and not batch.validate_crc():
                raise CorruptRecordError(f"batch at offset {batch.base_offset}: its checksum is another")
            if batch.magic < 2:  # as brokers before 0.11 wrote them
                for old in batch:
                    if self.check_crcs and not old.validate_crc():
                        raise CorruptRecordError(f"record at offset {old.offset}: its checksum is another")
                    self.next_fetch_offset = old.offset + 1
                    yield None, None, None, old.offset, old.timestamp, None, old.key, old.value
                continue
            self.leader_epoch = batch.leader_epoch
            if not self._is_skipped(batch):
                for record in read_batch(batch):
                    self.next_fetch_offset = record[OFFSET] + 1
                    yield record
            # Its last record may have been compacted away: the next fetch goes on behind the batch.
            self.next_fetch_offset = batch.next_offset
        self.drain()

    def _is_skipped(self, batch: DefaultRecordBatch) -> bool:
        """Whether it is of an aborted transaction, or the marker that ends one."""
        if batch.has_producer_id():
            self._consume_aborted_transactions_up_to(batch.last_offset)
            if self._contains_abort_marker(batch):
                self.aborted_producer_ids.discard(batch.producer_id)
            elif self._is_batch_aborted(batch):
                return True
        return bool(batch.is_control_batch)


def read_batch(batch: DefaultRecordBatch) -> Iterator[Record]:
    """The records of a batch. Raises CorruptRecordError where its bytes are not such records."""
    batch._maybe_uncompress()
    data, at = bytes(batch._buffer), batch._pos
    base, first = batch.base_offset, batch.first_timestamp
    appended = batch.max_timestamp if batch.timestamp_type == batch.LOG_APPEND_TIME else None
    for _ in range(batch.records_count):
        head = _HEAD(data, at)
        if not head:
            break
        length, later, further, key_size = map(_number, head.groups())
        end, at = head.end(1) + length, head.end()
        key = None
        if key_size >= 0:
            key = data[at : at + key_size]
            at += key_size
        size = _SIZE(data, at)
        if not size:
            break
        value_size, at = _number(size[0]), size.end()
        value = None
        if value_size >= 0:
            value = data[at : at + value_size]
            at += value_size
        if at >= end:  # at least the number of headers follows
            break
        at = end
        yield None, None, None, base + further, first + later if appended is None else appended, None, key, value
    else:
        if at == len(data):
            return
    raise CorruptRecordError(f"batch at offset {base}: expected {batch.records_count} records that fill it")


@lru_cache(2**16)
def _number(coded: bytes) -> int:
    """A number of variable length: seven bits a byte, the lowest first, the sign in the very lowest."""
    number = sum((byte & 127) << 7 * place for place, byte in enumerate(coded))
    return number >> 1 ^ -(number & 1)
