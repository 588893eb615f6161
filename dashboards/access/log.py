"""The access log: who looked up whom, and who answered for what. Lines are only ever added."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from consent.journal import Journal
from consent.settings import Settings
from dashboards.access.visitors import Visitor


def record(settings: Settings, visitor: Visitor, did: str, *, subject: str = "", **what: str) -> None:
    """Add a line to `<home>/access.ndjson`. Raises JournalError; what cannot be logged must not be shown.

    A subject is written as the SHA-256 of its id: whether one was looked up can be asked, and erasing a person
    need not touch the log.
    """
    line = {
        "at": f"{datetime.now(UTC).replace(tzinfo=None, microsecond=0).isoformat()}Z",
        "who": visitor.name,
        "role": visitor.role.name.lower(),
        "via": visitor.via,
        "did": did,
        **what,
    }
    if subject:
        line["subject_sha256"] = hashlib.sha256(subject.encode()).hexdigest()
    Journal(settings.home / "access.ndjson").append(line)
