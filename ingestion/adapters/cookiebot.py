"""Cookiebot: the CookieConsent cookie (a JavaScript literal, not JSON), and rows of the consent log's CSV.

Source: Cookiebot's developer documentation of the CookieConsent cookie and of its consent log.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from ingestion.adapters.cookies import cookie
from ingestion.adapters.native import Event, Native, NotUnderstood, all_categories, moment, region

TITLE = "Cookiebot"
MAPS = (
    "CookieConsent cookie: its four categories, `stamp` → subject (hashed), `utc`, `region`, `method`, `ver` →"
    " banner version → decision; -1 (consent not required) → replay, implied; the older 0 → decision, reject_all."
    " Consent log CSV, columns found by name → decision"
)
CANNOT_KNOW = (
    "impressions and dismissals; for -1 and 0 the subject and the time; addresses and user agents are never read"
)
CSV_COLUMNS = frozenset({"preferences", "statistics", "marketing"})
_CATEGORIES = ("necessary", "preferences", "statistics", "marketing")
_PAIR = re.compile(r"""\s*['"]?(\w+)['"]?\s*:\s*(?:'([^']*)'|"([^"]*)"|([^,'"{}\s]+))\s*(?:,|$)""")
_YES, _NO = {"true", "1", "yes"}, {"false", "0", "no", ""}
_KEYS = ("stamp", "key", "consent id", "consentid", "consent key")
_TIMES = ("utc", "date (utc)", "timestamp (utc)", "timestamp", "date")


def events(native: Native) -> list[Event]:
    """One event from a cookie (text) or a row of the consent log (a mapping with lower-case names)."""
    if isinstance(native.value, str):
        return [_from_cookie(native)]
    return [_from_row(native)]


def _from_cookie(native: Native) -> Event:
    text = unquote(cookie(native.text, "CookieConsent")).strip()
    if text == "-1":
        return native.replay("cookiebot", all_categories(granted=True), method="implied")
    if text == "0":
        return native.decision("cookiebot", all_categories(granted=False), action="reject_all")
    literal = _literal(text)
    method = literal.get("method", "explicit")
    utc = literal.get("utc", "")
    version = literal.get("ver", "")
    return native.decision(
        "cookiebot",
        {name: _answer(literal, name) for name in _CATEGORIES if name in literal},
        subject=_stamp(literal.get("stamp")),
        at=moment(int(utc)) if utc.isdigit() else None,
        region=native.told.region or region(literal.get("region")),
        method=method if method in ("explicit", "implied") else None,
        banner={"version": version} if version else {},
        identity=(literal.get("stamp"), utc),
    )


def _literal(text: str) -> dict[str, str]:
    """The literal's pairs. Nothing in it is evaluated."""
    body = text.strip()
    if not (body.startswith("{") and body.endswith("}")):
        raise NotUnderstood("bad_format CookieConsent: expected {name:value, …}, -1 or 0")
    body, pairs, place = body[1:-1], {}, 0
    while place < len(body):
        match = _PAIR.match(body, place)
        if match is None:
            raise NotUnderstood("bad_format CookieConsent: expected pairs of a name and a value")
        pairs[match[1]] = next(value for value in match.groups()[1:] if value is not None)
        place = match.end()
    if not set(_CATEGORIES) & pairs.keys():
        raise NotUnderstood("missing necessary: expected Cookiebot's categories")
    return pairs


def _answer(fields: Mapping[str, str], name: str) -> bool:
    value = fields[name].strip().lower()
    if value not in _YES | _NO:
        raise NotUnderstood(f"wrong_type {name}: expected true or false")
    return value in _YES


def _stamp(stamp: str | None) -> str | None:
    return stamp if stamp and stamp.strip("0-") else None  # a stamp of zeros and none at all say the same


def _from_row(native: Native) -> Event:
    row = native.mapping
    if not row.keys() >= CSV_COLUMNS:
        raise NotUnderstood("missing preferences: expected a row of Cookiebot's consent log")
    key = next((row[name] for name in _KEYS if row.get(name)), None)
    at = next((found for name in _TIMES if (found := moment(row.get(name)))), None)
    categories = {"necessary": True} | {name: _answer(row, name) for name in _CATEGORIES if row.get(name) is not None}
    return native.decision("cookiebot", categories, subject=_stamp(key), at=at, identity=(key, at))
