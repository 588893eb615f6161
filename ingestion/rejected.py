"""What was not understood, kept beside its reason until someone mends it and sends it again."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from consent.errors import ConsentError
from ingestion.translate import Translated


class Rejected:
    """`<home>/rejected/<format>.ndjson`: one line a payload, appended; made when there is something to keep.

    It may hold people's ids, so only its owner may read it.
    """

    def __init__(self, home: Path, form: str) -> None:
        self.path = home / "rejected" / f"{form}.ndjson"
        self._file: TextIO | None = None

    def keep(self, translated: Translated, reason: str) -> None:
        """Append one payload. Raises ConsentError where the folder cannot be written."""
        if self._file is None:
            self._file = self._open()
        line = {
            "rejected_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "number": translated.number,
            "reason": reason,
            "payload": translated.payload.decode("utf-8", "backslashreplace"),
        }
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _open(self) -> TextIO:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            number = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError as error:
            raise ConsentError(f"{self.path}: cannot keep what was rejected: {error.strerror}") from None
        return os.fdopen(number, "a", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        if self._file is not None:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
