"""Canonical events for tests, and ways to break them."""

from __future__ import annotations

import json
import uuid
from typing import Any

SUBJECT = "subject-0001"
TIME = "2026-10-01T12:00:00Z"


def event(kind: str = "impression", **fields: Any) -> dict[str, Any]:
    """A good event of a kind; `fields` replace or add, a value of ... removes."""
    made: dict[str, Any] = {
        "schema_version": 1,
        "event_id": str(uuid.uuid4()),
        "kind": kind,
        "occurred_at": TIME,
        "received_at": TIME,
        "site": "videonor",
        "subject": SUBJECT,
    }
    if kind == "decision":
        made |= {"action": "save", "categories": {"necessary": True, "marketing": False}}
    if kind == "replay":
        made |= {"categories": {"necessary": True, "marketing": False}}
    if kind == "observation":
        made |= {"storage": [{"name": "NID", "type": "cookie", "party": "third", "lifetime_s": 60}]}
    made |= fields
    return {name: value for name, value in made.items() if value is not ...}


def encode(value: Any) -> bytes:
    """The event as a record's value."""
    return json.dumps(value, separators=(",", ":")).encode()
