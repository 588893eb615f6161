"""Notifications: one message to every target in `CONSENT_NOTIFY_URLS`, once per key and quiet period.

Apprise does the sending. What was sent is remembered target by target in `<home>/notifications.ndjson`, one line per
attempt: time, key, target, whether it arrived. A target that failed is tried again by the next call with that key;
those that were reached are left in peace. Neither that file nor a log line holds an address, a token or the message:
a target is named by its scheme and 8 digits of a hash of its URL.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

import apprise

from consent.settings import Settings

log = logging.getLogger(__name__)
logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it quotes URLs, and what matters is said here
_QUIET = timedelta(hours=24)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*(?=:)", re.IGNORECASE)
_SECURE_MODES = {"starttls": "starttls", "tls": "ssl", "none": "insecure"}
_BETWEEN = timedelta(minutes=1)  # clocks of two processes may differ


@dataclass(frozen=True)
class Target:
    """One place that is told; `name` can be shown, `service` is None where the URL means nothing to Apprise."""

    name: str
    service: Any

    def send(self, title: str, body: str) -> bool:
        """Whether it arrived; why not is not known beyond that, and what Apprise logs about it may hold secrets."""
        if self.service is None:
            return False
        one = apprise.Apprise()
        one.add(self.service)
        return bool(one.notify(title=title, body=body, body_format=apprise.NotifyFormat.TEXT))


@dataclass(frozen=True)
class Notified:
    """What became of a notification, by the names of targets; `quiet` are those that knew already."""

    sent: tuple[str, ...] = ()
    quiet: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()


def targets(settings: Settings) -> list[Target]:
    """Every target that is set, in order."""
    urls = settings.notify_urls.get_secret_value().split() if settings.notify_urls else []
    return [_target(settings, url, place) for place, url in enumerate(urls, start=1)]


def notify(settings: Settings, *, key: str, title: str, body: str, quiet: timedelta = _QUIET) -> Notified:
    """Tell each target, unless it was told of `key` less than `quiet` ago. Never raises for a target's sake.

    `key` says what the message is about and is kept on disk: it names no person. Processes that call at once wait for
    each other, so that a message goes out once.
    """
    listed = targets(settings)
    if not listed:
        return Notified()
    now = datetime.now(UTC)
    with _record(settings.home / "notifications.ndjson") as (file, attempts):
        told = {
            attempt["target"]
            for attempt in attempts
            if attempt["key"] == key
            and attempt["sent"]
            and now - quiet < datetime.fromisoformat(attempt["at"]) <= now + _BETWEEN
        }
        outcome: dict[str, bool] = {}
        for target in listed:
            if target.name not in told:
                outcome[target.name] = sent = target.send(title, body)
                line = {"at": now.isoformat(timespec="seconds"), "key": key, "target": target.name, "sent": sent}
                file.write(json.dumps(line).encode() + b"\n")
                if not sent:
                    log.warning("the notification %s did not reach %s; the next one tries again", key, target.name)
        os.fsync(file.fileno())
    return Notified(
        tuple(name for name, sent in outcome.items() if sent),
        tuple(target.name for target in listed if target.name in told),
        tuple(name for name, sent in outcome.items() if not sent),
    )


def _target(settings: Settings, url: str, place: int) -> Target:
    """A target; what cannot be told by its scheme is told by its place."""
    match = _SCHEME.match(url)
    scheme, rest = (match.group().lower(), url[match.end() + 1 :]) if match else ("", url)
    if scheme == "mailto" and not rest.startswith("//"):
        made: Any = {
            "schema": "mailto",
            "host": settings.smtp_host,
            "smtp_host": settings.smtp_host,
            "port": settings.smtp_port_used,
            "user": settings.smtp_user,
            "password": settings.smtp_password.get_secret_value() if settings.smtp_password else None,
            "secure_mode": _SECURE_MODES[settings.smtp_tls],
            "from_addr": settings.smtp_from,
            "targets": [rest],
        }
    else:
        made = url
    service: Any = apprise.Apprise.instantiate(made, suppress_exceptions=True)
    # Apprise's own url_id leaves out recipients.
    mark = hashlib.sha256(url.encode()).hexdigest()[:8]
    return Target(f"{scheme}#{mark}", service) if service else Target(f"target#{place}", None)


@contextmanager
def _record(path: Path) -> Iterator[tuple[BinaryIO, list[dict[str, Any]]]]:
    """The file to append to, for this process alone, and the attempts in it; a line cut short counts for nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        content = file.read()
        if content and not content.endswith(b"\n"):
            file.write(b"\n")
        yield file, [attempt for line in content.splitlines() if (attempt := _attempt(line))]


def _attempt(line: bytes) -> dict[str, Any] | None:
    try:
        attempt = json.loads(line)
    except ValueError:
        return None
    return attempt if isinstance(attempt, dict) and {"at", "key", "target", "sent"} <= attempt.keys() else None
