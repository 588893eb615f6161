"""CookieYes: the cookieyes-consent cookie.

Source: CookieYes' documentation of the cookie that stores a visitor's choice.
"""

from __future__ import annotations

from urllib.parse import unquote

from ingestion.adapters.cookies import cookie
from ingestion.adapters.native import Event, Native, NotUnderstood, moment

TITLE = "CookieYes"
MAPS = (
    "cookieyes-consent cookie: its categories (advertisement → marketing; analytics and performance → performance,"
    " granted only if both are), `consentid` → subject (hashed), `lastRenewedDate` → decision where `action` is yes"
)
CANNOT_KNOW = (
    "the time, unless `lastRenewedDate` is there: give it beside the payload; impressions and dismissals; a cookie"
    " without an action is no choice, and is refused"
)
_NAMES = {
    "necessary": "necessary",
    "functional": "functionality",
    "analytics": "performance",
    "performance": "performance",
    "advertisement": "marketing",
    "other": "other",
}


def events(native: Native) -> list[Event]:
    """One decision, or a replay where that is told."""
    text = unquote(cookie(native.text, "cookieyes-consent"))
    fields = dict(part.strip().split(":", 1) for part in text.split(",") if ":" in part)
    if "consent" not in fields or "necessary" not in fields:
        raise NotUnderstood("bad_format cookieyes-consent: expected name:value pairs with consent and necessary")
    if fields.get("action") != "yes":
        raise NotUnderstood("not_allowed action: expected yes; the visitor has chosen nothing yet")
    categories: dict[str, bool] = {}
    for name, category in _NAMES.items():
        if name in fields:
            if fields[name] not in ("yes", "no"):
                raise NotUnderstood(f"wrong_type {name}: expected yes or no")
            categories[category] = categories.get(category, True) and fields[name] == "yes"
    renewed = fields.get("lastRenewedDate", "")
    at = native.told.occurred_at or (moment(int(renewed)) if renewed.isdigit() else None)
    subject = fields.get("consentid") or None
    if native.told.kind == "replay":
        return [native.replay("cookieyes", categories, subject=subject, at=at)]
    return [native.decision("cookieyes", categories, subject=subject, at=at, identity=(renewed or at,))]
