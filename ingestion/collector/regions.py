"""Where a visitor is: from a header of our own proxy or CDN, else from a local file of networks. Never guessed."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import maxminddb

from consent.contract import top_level
from consent.errors import SettingsError

_FORM = re.compile(next(field.pattern or "" for field in top_level() if field.path == "region"))
_UNKNOWN = "XX"  # as CDNs write it
_LOOK_AGAIN = 60.0  # seconds between looks whether the file was replaced


class Regions:
    """Answers for one request. Raises SettingsError where the file is not one of regions."""

    def __init__(self, country: str | None, subdivision: str | None, file: Path | None) -> None:
        self._country, self._subdivision = (name.encode() if name else None for name in (country, subdivision))
        self._file = _File(file) if file else None

    def of(self, headers: Mapping[bytes, bytes], address: str, *, trusted: bool) -> str | None:
        """The region as the contract writes it, or None; `trusted`: the headers come from a proxy of ours."""
        if trusted and self._country and (named := headers.get(self._country)):
            part = headers.get(self._subdivision, b"") if self._subdivision else b""
            return _region(named.decode("latin-1"), part.decode("latin-1"))
        return self._file.find(address) if self._file else None


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._open()

    def _open(self) -> None:
        try:
            self._changed = self._path.stat().st_mtime_ns
            self._reader = maxminddb.open_database(self._path)
        except (OSError, maxminddb.InvalidDatabaseError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a .mmdb file"
            raise SettingsError(f"CONSENT_COLLECTOR_REGION_FILE: {self._path}: {reason}") from None
        self._looked = time.monotonic()

    def find(self, address: str) -> str | None:
        self._look_again()
        try:
            found: Any = self._reader.get(address)
        except (ValueError, maxminddb.InvalidDatabaseError):  # no address, or IPv6 in a file of IPv4
            return None
        if not isinstance(found, dict):
            return None
        country, parts = found.get("country"), found.get("subdivisions") or [{}]
        if isinstance(country, dict):
            return _region(country.get("iso_code"), parts[0].get("iso_code"))
        return _region(found.get("country_code"), None)

    def _look_again(self) -> None:
        """Take up a file that was replaced; one that is missing or broken for a moment changes nothing."""
        if time.monotonic() - self._looked < _LOOK_AGAIN:
            return
        self._looked = time.monotonic()
        try:
            if self._path.stat().st_mtime_ns != self._changed:
                self._open()
        except (OSError, SettingsError):
            return


def _region(country: Any, part: Any) -> str | None:
    if not isinstance(country, str) or not _FORM.fullmatch(country) or country == _UNKNOWN:
        return None
    whole = f"{country}-{part}"
    return whole if isinstance(part, str) and _FORM.fullmatch(whole) else country
