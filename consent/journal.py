"""Journals: files of one JSON object a line that are only ever appended to, safe against a torn end and other writers.

A line is whole once `append` returns: it was written in one call and forced to the disk. What a crash tore off at the
end is skipped when reading and closed off by the next line. Only erasure rewrites a journal, by rename.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from consent.errors import JournalError

log = logging.getLogger(__name__)

Line = dict[str, Any]


class Journal:
    """One such file. It is made, readable by its owner alone, with its first line."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, line: Line) -> None:
        """Add one line and force it to the disk. Raises JournalError."""
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self._locked(os.O_RDWR | os.O_CREAT | os.O_APPEND) as file:
                size = os.fstat(file).st_size
                is_torn = size > 0 and os.pread(file, 1, size - 1) != b"\n"
                os.write(file, b"\n" + text if is_torn else text)
                os.fsync(file)
        except OSError as error:
            raise JournalError(f"{self.path}: cannot write: {error.strerror}") from None

    def read(self) -> list[Line]:
        """Every whole line, oldest first; none where there is no file yet. Raises JournalError."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise JournalError(f"{self.path}: cannot read: {error.strerror}") from None
        parsed = [_parse(text) for text in content.split(b"\n") if text.strip()]
        whole = [line for line in parsed if line is not None]
        if len(whole) < len(parsed):
            log.warning("%s: skipped %d line(s) that are not whole", self.path.name, len(parsed) - len(whole))
        return whole

    def rewrite(self, change: Callable[[bytes], bytes]) -> bool:
        """Put `change` of the content in its place, by rename; whether that differs. For erasure alone."""
        if not self.path.exists():
            return False
        try:
            with self._locked(os.O_RDWR):
                before = self.path.read_bytes()
                after = change(before)
                if after == before:
                    return False
                replace_file(self.path, after)
        except OSError as error:
            raise JournalError(f"{self.path}: cannot write: {error.strerror}") from None
        return True

    @contextlib.contextmanager
    def _locked(self, flags: int) -> Iterator[int]:
        """The file, locked, and still the one of that name: a rewrite may have put another there meanwhile."""
        while True:
            file = os.open(self.path, flags, 0o600)
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                if self._is(file):
                    yield file
                    return
            finally:
                os.close(file)

    def _is(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self.path.stat())
        except FileNotFoundError:
            return False


def replace_file(path: Path, content: bytes) -> None:
    """Put `content` in the place of a file, with its mode, in one rename that outlives a crash."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, path.stat().st_mode & 0o777)
    with os.fdopen(file, "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(file)
    temporary.replace(path)


def _parse(text: bytes) -> Line | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    return line if isinstance(line, dict) else None
