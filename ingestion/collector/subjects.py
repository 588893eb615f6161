"""Who an event before any choice counts for: nobody who could be found again tomorrow.

Such a subject is an HMAC-SHA256 over the site, the truncated network of the address (IPv4 /24, IPv6 /48) and the
browser's family, with a salt of the day (UTC). The salt lives in memory and, so that a restart on the same day counts
the same browsers, in a file of mode 0600; when the day is over the file is overwritten and deleted. Then nobody, we
included, can tie a subject to an address or to another day's subject.
"""

from __future__ import annotations

import contextlib
import hmac
import ipaddress
import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from consent.errors import ConsentError

PREFIX = "daily-"
KINDS = frozenset({"impression", "dismissal", "reopen", "observation"})  # what may happen before a choice
_SALT_BYTES = 32
# The first that is in the user agent; those that name others as well come first.
_FAMILIES = (
    ("Edg", "edge"),
    ("OPR/", "opera"),
    ("SamsungBrowser/", "samsung"),
    ("Firefox/", "firefox"),
    ("FxiOS/", "firefox"),
    ("Chrome/", "chrome"),
    ("CriOS/", "chrome"),
    ("Safari/", "safari"),
)


def family(user_agent: str) -> str:
    """The browser's family, without a version or a system."""
    return next((name for mark, name in _FAMILIES if mark in user_agent), "other")


def network(address: str) -> str:
    """The network an address lies in, too wide to be one household's; an address that is none has none."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped:
        parsed = parsed.ipv4_mapped
    return str(ipaddress.ip_network((parsed, 24 if parsed.version == 4 else 48), strict=False))


class Subjects:
    """Makes subjects of the day. `path` is where the day's salt is kept; `today` tells the day in UTC.

    Raises ConsentError where the file cannot be written.
    """

    def __init__(self, path: Path, today: Callable[[], date] = lambda: datetime.now(UTC).date()) -> None:
        self._path, self._today = path, today
        self._day = today()
        self._salt = self._kept() or self._renew()

    def of(self, site: str, address: str, user_agent: str) -> str:
        """The subject of a browser on a site, today."""
        self.rotate()
        seen = "\0".join((site, network(address), family(user_agent)))
        digest = hmac.digest(self._salt, seen.encode("utf-8", "surrogatepass"), "sha256")
        return PREFIX + urlsafe_b64encode(digest[:18]).decode()

    def rotate(self) -> None:
        """Destroy the salt of a day that is over; call it at least once a minute, events or none."""
        today = self._today()
        if today != self._day:
            self._day = today
            self._salt = self._renew()

    def _kept(self) -> bytes | None:
        with contextlib.suppress(OSError, ValueError):
            day, _, salt = self._path.read_text(encoding="ascii").partition(" ")
            if day == self._day.isoformat() and len(salt) == 2 * _SALT_BYTES:
                return bytes.fromhex(salt)
        return None

    def _renew(self) -> bytes:
        salt = secrets.token_bytes(_SALT_BYTES)
        try:
            _destroy(self._path)
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(file, "w", encoding="ascii") as made:
                made.write(f"{self._day.isoformat()} {salt.hex()}")
        except OSError as error:
            raise ConsentError(f"{self._path}: cannot keep the day's salt: {error.strerror}") from None
        return salt


def _destroy(path: Path) -> None:
    """Overwrite in place, see it on the disk, delete."""
    with contextlib.suppress(FileNotFoundError), path.open("r+b") as file:
        file.write(secrets.token_bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
        path.unlink()
