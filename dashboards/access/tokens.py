"""Tokens of the API: 256 random bits that are shown once, and of which only the hash is kept."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

from consent.errors import ConsentError
from consent.journal import Journal
from consent.settings import Settings
from dashboards.access.visitors import Role, Visitor

_PREFIX = "consent_"
_LONGEST = 100


@dataclass(frozen=True)
class Token:
    """What is kept of a token; `revoked_at` is None while it works. Times are ISO 8601, UTC."""

    name: str
    role: str
    sha256: str
    created_at: str
    revoked_at: str | None = None


def create(settings: Settings, name: str, role: str) -> str:
    """Make a token and return it: it cannot be shown again. Raises ConsentError for a name in use or a wrong role."""
    if not name.strip() or len(name) > _LONGEST:
        raise ConsentError(f"name: expected 1 to {_LONGEST} characters that say who uses the token")
    try:
        Role.named(role)
    except KeyError:
        raise ConsentError(f"role {role!r}: expected viewer, compliance or admin") from None
    if any(token.name == name and token.revoked_at is None for token in listed(settings)):
        raise ConsentError(f"token {name!r}: there is one of that name; revoke it first, or choose another")
    text = _PREFIX + secrets.token_urlsafe(32)
    line = {"event": "created", "name": name, "role": role, "sha256": _hash(text), "at": _now()}
    _journal(settings).append(line)
    return text


def revoke(settings: Settings, name: str) -> None:
    """End a token at once. Raises ConsentError where none of that name works."""
    if not any(token.name == name and token.revoked_at is None for token in listed(settings)):
        raise ConsentError(f"token {name!r}: there is none; `consent token list` shows those that work")
    _journal(settings).append({"event": "revoked", "name": name, "at": _now()})


def listed(settings: Settings) -> list[Token]:
    """Every token ever made, oldest first."""
    made: list[Token] = []
    for line in _journal(settings).read():
        if line.get("event") == "created":
            made.append(Token(line["name"], line["role"], line["sha256"], line["at"]))
        elif line.get("event") == "revoked":
            made = [
                Token(t.name, t.role, t.sha256, t.created_at, line["at"])
                if t.name == line["name"] and t.revoked_at is None
                else t
                for t in made
            ]
    return made


class Bearers:
    """Whom a token stands for; the file is read again when it has changed."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = _journal(settings).path
        self._read_at: tuple[int, int] | None = None
        self._tokens: list[Token] = []

    def visitor(self, text: str) -> Visitor | None:
        """The bearer of a token, or None for one that does not work."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        if (now := (status.st_mtime_ns, status.st_size)) != self._read_at:
            self._tokens, self._read_at = listed(self._settings), now
        hashed = _hash(text)
        found = [t for t in self._tokens if hmac.compare_digest(t.sha256, hashed) and t.revoked_at is None]
        return Visitor(f"token {found[0].name}", Role.named(found[0].role), "token") if found else None


def _journal(settings: Settings) -> Journal:
    return Journal(settings.home / "dashboard_tokens.ndjson")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _now() -> str:
    return f"{datetime.now(UTC).replace(tzinfo=None, microsecond=0).isoformat()}Z"
