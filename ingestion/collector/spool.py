"""Events that Kafka could not take yet, on disk: bounded, in order, and there after a crash.

Segments are files of frames, each a length, a CRC-32C and the record; what `append` has returned from is on the disk
(fsync). A segment is deleted when all of it has been sent. How far that is, is known in memory alone: after a restart
a segment is sent again from its beginning, and staging counts the repeats once (they keep their event_id).
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import struct
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from crc32c import crc32c

from consent.errors import ConsentError

log = logging.getLogger(__name__)

Record = tuple[bytes, bytes]  # key and value, as Kafka gets them
_FRAME = struct.Struct(">II")
_KEY = struct.Struct(">H")
_SEGMENT_BYTES = 8 * 1024 * 1024


class SpoolFull(ConsentError):
    """There is no room, by the limit or on the disk; nothing was kept of what was to be appended."""


@dataclass
class _Segment:
    path: Path
    size: int
    records: int
    read: int = 0


class Spool:
    """The spool in a folder, which one process holds at a time. Its methods must not run at the same time.

    Raises ConsentError where another process holds it or the folder cannot be used.
    """

    def __init__(self, folder: Path, *, limit: int, segment_bytes: int = _SEGMENT_BYTES) -> None:
        self._folder, self._limit, self._segment_bytes = folder, limit, segment_bytes
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ConsentError(f"{folder}: cannot keep a spool here: {error.strerror}") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._lock)
            raise ConsentError(f"{folder}: in use by another collector; give each its own --home") from None
        self._file: int | None = None
        self._segments = deque(self._found())
        self.size = sum(segment.size for segment in self._segments)  # bytes on the disk
        self.records = sum(segment.records for segment in self._segments)  # that wait
        self._peeked: list[tuple[_Segment, int, int]] = []

    def _found(self) -> Iterator[_Segment]:
        """What an earlier process left. What follows a last whole frame was never answered, and is cut off."""
        for path in sorted(self._folder.glob("*.segment")):
            size = records = 0
            for size, _ in _frames(path, 0):  # noqa: B007
                records += 1
            if (torn := path.stat().st_size - size) > 0:
                log.warning("cut a torn record off the spool", extra={"path": str(path), "size": torn})
                os.truncate(path, size)
            if records:
                yield _Segment(path, size, records)
            else:
                path.unlink()

    def __bool__(self) -> bool:
        return bool(self._segments)

    def append(self, records: Sequence[Record]) -> None:
        """Keep these; they are on the disk when this returns. Raises SpoolFull, and then has kept none."""
        if not records:
            return
        frames = b"".join(map(_frame, records))
        if self.size + len(frames) > self._limit:
            raise SpoolFull(f"{self._folder}: the spool is full ({self._limit} bytes)")
        try:
            segment = self._writable()
            _write(self._writing, frames)
            os.fdatasync(self._writing)
        except OSError as error:
            self._undo()
            raise SpoolFull(f"{self._folder}: cannot write: {error.strerror}") from None
        segment.size += len(frames)
        segment.records += len(records)
        self.size += len(frames)
        self.records += len(records)

    @property
    def _writing(self) -> int:
        if self._file is None:
            raise ValueError("no segment is open")
        return self._file

    def _writable(self) -> _Segment:
        if self._file is not None and self._segments and self._segments[-1].size < self._segment_bytes:
            return self._segments[-1]
        self._close_segment()
        last = int(self._segments[-1].path.stem) if self._segments else 0
        segment = _Segment(self._folder / f"{last + 1:012}.segment", 0, 0)
        self._file = os.open(segment.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        self._segments.append(segment)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return segment

    def _undo(self) -> None:
        """Cut off what of a failed append may have reached the file."""
        if self._file is not None and self._segments:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file, self._segments[-1].size)
            if not self._segments[-1].size:
                self._drop(self._segments.pop())

    def peek(self, count: int, size: int = 1024 * 1024) -> list[Record]:
        """The oldest records, at most `count` and about `size` bytes; they stay until `advance`."""
        self._peeked = []
        records: list[Record] = []
        for segment in list(self._segments):
            end = segment.read
            taken = 0
            for position, record in islice(_frames(segment.path, end, segment.size), count - len(records)):
                records.append(record)
                end = position
                taken += 1
                size -= len(record[1])
                if size <= 0:
                    break
            if taken:
                self._peeked.append((segment, end, taken))
            elif segment.read < segment.size and len(records) < count:
                self._set_aside(segment)
            if len(records) >= count or size <= 0:
                break
        return records

    def advance(self) -> None:
        """What the last `peek` returned has been sent."""
        for segment, end, number in self._peeked:
            segment.read = end
            segment.records -= number
            self.records -= number
            if end >= segment.size:
                self._segments.remove(segment)
                self._drop(segment)
        self._peeked = []

    def _drop(self, segment: _Segment) -> None:
        if self._file is not None and (not self._segments or segment.path > self._segments[-1].path):
            self._close_segment()
        segment.path.unlink(missing_ok=True)
        self.size -= segment.size

    def _set_aside(self, segment: _Segment) -> None:
        """A frame in the middle does not read: keep the file for a person to look at, and go on with the next."""
        log.error("a spool segment is damaged and was set aside", extra={"path": str(segment.path)})
        self._segments.remove(segment)
        self.size -= segment.size
        self.records -= segment.records
        if not self._segments or segment.path > self._segments[-1].path:
            self._close_segment()
        segment.path.rename(segment.path.with_suffix(".damaged"))

    def _close_segment(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def forget(self, text: bytes) -> int:
        """Drop the records with this text in key or value, by writing their segments anew; how many there were."""
        forgotten = 0
        for segment in self._segments:
            records = [record for _, record in _frames(segment.path, 0, segment.size)]
            kept = [record for record in records if text not in record[0] and text not in record[1]]
            if len(kept) < len(records):
                forgotten += len(records) - len(kept)
                temporary = segment.path.with_suffix(".new")
                with temporary.open("wb") as file:
                    file.writelines(map(_frame, kept))
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(segment.path)
        self._segments = deque(self._found())
        return forgotten

    def close(self) -> None:
        """Let another process have it."""
        self._close_segment()
        os.close(self._lock)


def _frame(record: Record) -> bytes:
    key, value = record
    payload = b"".join((_KEY.pack(len(key)), key, value))
    return _FRAME.pack(len(payload), crc32c(payload)) + payload


def _frames(path: Path, start: int, end: int | None = None) -> Iterator[tuple[int, Record]]:
    """Whole records from `start` on, each with the position after it; ends at the first that is not whole."""
    with path.open("rb") as file:
        file.seek(start)
        position = start
        while end is None or position < end:
            head = file.read(_FRAME.size)
            if len(head) < _FRAME.size:
                return
            length, checksum = _FRAME.unpack(head)
            payload = file.read(length) if length <= _SEGMENT_BYTES * 8 else b""
            if len(payload) < max(length, _KEY.size) or crc32c(payload) != checksum:
                return
            position += _FRAME.size + length
            key_end = _KEY.size + _KEY.unpack_from(payload)[0]
            yield position, (payload[_KEY.size : key_end], payload[key_end:])


def _write(file: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(file, view) :]
