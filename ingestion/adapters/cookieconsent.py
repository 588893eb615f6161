"""cookieconsent by orestbida (version 3): the cc_cookie cookie, which is the JSON that its events carry too.

Source: the project's documentation of the cookie's content and of its callbacks.
"""

from __future__ import annotations

import json
from urllib.parse import unquote

from ingestion.adapters.cookies import cookie
from ingestion.adapters.native import Event, Native, NotUnderstood, moment

TITLE = "cookieconsent (orestbida)"
MAPS = (
    "cc_cookie: accepted `categories`, denied those that `services` lists besides (or that are declared), `consentId`"
    " → subject, `lastConsentTimestamp`, `revision` → banner version, `languageCode` → decision; a later change of the"
    " same consent → decision in the preferences"
)
CANNOT_KNOW = "denied categories without services, unless declared with `--categories`; impressions and dismissals"


def events(native: Native) -> list[Event]:
    """One decision, or a replay where that is told, from the cookie (text) or its JSON."""
    payload = _parsed(native)
    accepted = payload.get("categories")
    services = payload.get("services")
    if not isinstance(accepted, list) or not all(isinstance(name, str) for name in accepted):
        raise NotUnderstood("wrong_type categories: expected a list of names")
    listed = list(services) if isinstance(services, dict) else []
    categories = {name: name in accepted for name in (*listed, *accepted)}
    if not (categories.keys() - {"necessary"}) and not native.told.declared:
        raise NotUnderstood("missing declared categories: only necessary is named; list all that were asked")
    first, last = payload.get("consentTimestamp"), payload.get("lastConsentTimestamp")
    revision, language = payload.get("revision"), payload.get("languageCode")
    common = {
        "subject": payload.get("consentId") if isinstance(payload.get("consentId"), str) else None,
        "at": native.told.occurred_at or moment(last) or moment(first),
        "banner": {"version": str(revision)} if isinstance(revision, int) else {},
        "language": native.told.language or (language if isinstance(language, str) else None),
    }
    if native.told.kind == "replay":
        return [native.replay("cookieconsent", categories, **common)]
    is_change = bool(first and last and first != last)
    surface = "preferences" if is_change else None
    return [native.decision("cookieconsent", categories, surface=surface, identity=(last or first,), **common)]


def _parsed(native: Native) -> dict[str, object]:
    if isinstance(native.value, str):
        try:
            value = json.loads(unquote(cookie(native.text, "cc_cookie")))
        except ValueError:
            raise NotUnderstood("bad_format cc_cookie: expected JSON") from None
        native = Native(value, native.told)
    return dict(native.mapping)
