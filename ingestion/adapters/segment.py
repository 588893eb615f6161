"""Segment: the consent object in an event's context, and its event Segment Consent Preference Updated.

Source: Twilio Segment's documentation of the consent object. RudderStack's events have the same frame.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from ingestion.adapters.native import Event, Native, NotUnderstood, moment, region

TITLE = "Segment"
MAPS = (
    "`context.consent.categoryPreferences` (Advertising → marketing, Analytics → performance, Functional →"
    " functionality; others keep their name) → decision for Segment Consent Preference Updated, else replay;"
    " `anonymousId` → subject, `timestamp`, `messageId`, `context.page.url` → site, `context.locale`"
)
CANNOT_KNOW = "impressions and dismissals; a `userId`, an address or traits are never read, nor used as a subject"
DECISION = "Segment Consent Preference Updated"
NAMES = {"Advertising": "marketing", "Analytics": "performance", "Functional": "functionality"}


def events(native: Native) -> list[Event]:
    """One decision or replay."""
    payload = native.mapping
    answers = nested(payload, "context", "consent", "categoryPreferences")
    if not isinstance(answers, dict) or not answers or any(not isinstance(v, bool) for v in answers.values()):
        raise NotUnderstood("missing context.consent.categoryPreferences: expected an object of true or false")
    categories: dict[str, bool] = {}
    for name, granted in ((str(name), granted) for name, granted in answers.items()):
        category = name if name in native.told.names else NAMES.get(name, name)
        categories[category] = categories.get(category, True) and granted
    if payload.get("event") == DECISION:
        return [native.decision("segment", categories, **frame(native, payload))]
    return [native.replay("segment", categories, **frame(native, payload))]


def frame(native: Native, payload: Mapping[str, Any]) -> dict[str, Any]:
    """What every event of this frame says: who (by its anonymous id), when, where."""
    url, locale = nested(payload, "context", "page", "url"), nested(payload, "context", "locale")
    country = nested(payload, "context", "location", "country")
    message = payload.get("messageId")
    anonymous = payload.get("anonymousId")
    return {
        "subject": anonymous if isinstance(anonymous, str) else None,
        "at": moment(payload.get("timestamp") or payload.get("originalTimestamp")),
        "site": urlsplit(url).hostname if isinstance(url, str) else None,
        "language": native.told.language or (locale if isinstance(locale, str) else None),
        "region": native.told.region or (region(country) if isinstance(country, str) else None),
        "identity": (message,) if isinstance(message, str) else (),
    }


def nested(value: Any, *names: str) -> Any:
    """What lies at a path of names, or None."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
