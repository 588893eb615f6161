"""IAB TCF: TCData as `__tcfapi` gives it, or a bare TC string.

Which purposes a category needs: consent/tcf.py.
"""

from __future__ import annotations

from typing import Any

from consent import tcf
from ingestion.adapters.native import Event, Native, NotUnderstood

TITLE = "IAB TCF 2.2 and 2.3"
MAPS = (
    "TC string → categories (functionality: purposes 1, 5, 6, 11; performance: 1, 8, 9, 10; marketing: 1, 2, 3, 4, 7;"
    " granted where all are), CMP id and version. `eventStatus`: cmpuishown → impression, useractioncomplete →"
    " decision, tcloaded → replay; a bare string → decision at its last update"
)
CANNOT_KNOW = (
    "the subject (a TC string names nobody) and, for TCData, the time: give both; dismissals; the hour: since"
    " TCF 2.2 the string's own times are whole days"
)
_KINDS = {"cmpuishown": "impression", "useractioncomplete": "decision", "tcloaded": "replay"}


def events(native: Native) -> list[Event]:
    """One event from TCData (an object) or from a TC string (text)."""
    if isinstance(native.value, str):
        return [_choice(native, native.text.strip(), native.told.kind or "decision", at_update=True)]
    payload = native.mapping
    kind = _KINDS.get(str(payload.get("eventStatus")))
    if kind is None:
        raise NotUnderstood("not_allowed eventStatus: expected tcloaded, cmpuishown or useractioncomplete")
    if kind == "impression":
        return [native.event("impression", "tcf", source=_source(payload))]
    if not isinstance(payload.get("tcString"), str):
        raise NotUnderstood("missing tcString: expected a TC string")
    return [_choice(native, payload["tcString"], kind, at_update=False)]


def _choice(native: Native, text: str, kind: str, *, at_update: bool) -> Event:
    try:
        read = tcf.decode(text)
    except tcf.NotTcString as error:
        raise NotUnderstood(f"bad_format tc_string: {error}") from None
    common: dict[str, Any] = {
        "at": native.told.occurred_at or (read.last_updated if at_update else None),
        "signals": {"tc_string": text},
        "source": {"version": str(read.cmp_version)},
    }
    if kind == "replay":
        return native.replay("tcf", read.categories, **common)
    return native.decision("tcf", read.categories, identity=(text,), **common)


def _source(payload: Any) -> dict[str, str]:
    version = payload.get("cmpVersion")
    return {"version": str(version)} if isinstance(version, int) else {}
