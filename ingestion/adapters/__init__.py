"""Adapters: what other systems say about consent, as canonical events. One module each, named after its format.

An adapter is a pure function `events(native)` from one payload to canonical events (none where nothing happened), which
raises NotUnderstood for anything it does not know. Its module says what it maps and what it cannot know; the table in
docs/adapters.md is made from that.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import cast

from consent.errors import ConsentError
from ingestion.adapters.native import Adapter

CANONICAL = "canonical"
# What `consent send --format` takes, and the module that reads it.
FORMATS = {
    "onetrust": "onetrust",
    "cookiebot": "cookiebot",
    "usercentrics": "usercentrics",
    "didomi": "didomi",
    "cookieyes": "cookieyes",
    "cookieconsent": "cookieconsent",
    "tcf": "tcf",
    "gpp": "gpp",
    "consent-mode": "consent_mode",
    "snowplow": "snowplow",
    "segment": "segment",
    "rudderstack": "rudderstack",
    "har": "har",
    "storage-state": "storage_state",
    "evidence-collector": "evidence_collector",
}


@dataclass(frozen=True)
class Format:
    """One format. `is_whole`: a file is one payload; `csv_columns`: lower-case names that tell its CSV from lines."""

    name: str
    title: str
    maps: str
    cannot_know: str
    events: Adapter
    is_whole: bool
    csv_columns: frozenset[str]
    csv_group: tuple[str, ...]


def format_of(name: str) -> Format:
    """The format of a name. Raises ConsentError, naming those there are."""
    if name not in FORMATS:
        raise ConsentError(f"--format: expected {CANONICAL}, {', '.join(FORMATS)}; came {name[:40]!r}")
    module = import_module(f"{__name__}.{FORMATS[name]}")
    return Format(
        name,
        module.TITLE,
        module.MAPS,
        module.CANNOT_KNOW,
        cast("Adapter", module.events),
        is_whole=getattr(module, "WHOLE", False),
        csv_columns=getattr(module, "CSV_COLUMNS", frozenset()),
        csv_group=getattr(module, "CSV_GROUP", ()),
    )
