"""Subjects' ids where they must not be kept: a keyed hash stands for them.

The key is 32 random bytes in `<home>/subject.key`, readable by its owner alone. Whoever has it can tell whether a
known id is meant by a hash; nobody can get the id back from one. Without it, tombstones mean nothing any more: keep a
copy where backups are kept, apart from them.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from consent.errors import ConsentError

_BLOCK = 64  # bytes of SHA-256's block, for HMAC (RFC 2104)
SUBJECT = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(frozen=True)
class SubjectKey:
    """The key of one home."""

    secret: bytes

    @classmethod
    def of(cls, home: Path) -> SubjectKey:
        """The key of this home, made where there is none yet. Raises ConsentError."""
        path = home / "subject.key"
        try:
            home.mkdir(parents=True, exist_ok=True)
            try:
                file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                return cls(bytes.fromhex(path.read_text(encoding="ascii")))
            with os.fdopen(file, "w", encoding="ascii") as opened:
                secret = secrets.token_bytes(32)
                opened.write(secret.hex())
                opened.flush()
                os.fsync(file)
            return cls(secret)
        except OSError as error:
            raise ConsentError(f"{path}: cannot be used: {error.strerror}") from None
        except ValueError:
            raise ConsentError(f"{path}: expected 64 hexadecimal digits") from None

    def hash(self, subject: str) -> str:
        """HMAC-SHA256 of the id, in hex."""
        return hmac.new(self.secret, subject.encode(), hashlib.sha256).hexdigest()

    def sql(self, column: str) -> str:
        """The same as an expression over a varchar column, for sets."""
        padded = self.secret.ljust(_BLOCK, b"\0")
        inner, outer = (_blob(bytes(byte ^ pad for byte in padded)) for pad in (0x36, 0x5C))
        return f"sha256({outer} || unhex(sha256({inner} || encode({column}))))"


def check_subject(subject: str) -> str:
    """The id, if it can be one. Raises ConsentError, which does not repeat it."""
    if not SUBJECT.fullmatch(subject):
        raise ConsentError("subject: expected 8 to 64 of A-Z a-z 0-9 _ -, as events carry it")
    return subject


def _blob(value: bytes) -> str:
    return "'" + "".join(f"\\x{byte:02X}" for byte in value) + "'::blob"
