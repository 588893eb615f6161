"""OneTrust: the OptanonConsent cookie, and the OneTrustGroupsUpdated event.

Source: the cookie as documented by OneTrust («OptanonConsent»), its default group ids, and the older numeric ones.
"""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import parse_qsl, unquote

from ingestion.adapters.cookies import cookie
from ingestion.adapters.native import Event, Native, NotUnderstood, region

TITLE = "OneTrust"
MAPS = (
    "OptanonConsent cookie: `groups` (C0001 necessary, C0002 performance, C0003 functionality, C0004 marketing, the"
    " older 1 to 4 alike; others keep their id unless named with `--category`), `consentId` → subject, `datestamp`,"
    " `geolocation`, `version`, GPC. interactionCount above 0 → decision, counted once however often the cookie is"
    " sent; 0 → replay, implied. OneTrustGroupsUpdated → replay"
)
CANNOT_KNOW = (
    "when the choice was made: `datestamp` is the cookie's last writing; impressions and dismissals; what the"
    " event's missing groups are, unless they are declared"
)
GROUPS = {"C0001": "necessary", "C0002": "performance", "C0003": "functionality", "C0004": "marketing"}
_LEGACY = {"1": "necessary", "2": "performance", "3": "functionality", "4": "marketing"}
_OWN_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def events(native: Native) -> list[Event]:
    """One event from a cookie (text) or from an event (`{"event": "OneTrustGroupsUpdated", "detail": […]}`)."""
    if isinstance(native.value, str):
        return [_from_cookie(native)]
    return [_from_event(native)]


def _from_cookie(native: Native) -> Event:
    text = cookie(native.text, "OptanonConsent")
    fields = dict(parse_qsl(text if "&" in text else unquote(text), keep_blank_values=True))
    if not fields.get("groups"):
        raise NotUnderstood("missing groups: expected an OptanonConsent cookie")
    categories = _categories(fields["groups"])
    interactions = fields.get("interactionCount", "")
    gpc = {"1": True, "0": False}.get(fields.get("browserGpcFlag") or fields.get("isGpcEnabled", ""))
    common = {
        "subject": fields.get("consentId"),
        "at": native.told.occurred_at or _datestamp(fields.get("datestamp", "")),
        "region": native.told.region or region(*fields.get("geolocation", "").split(";")),
        "signals": {} if gpc is None else {"gpc": gpc},
        "source": {"version": fields["version"]} if fields.get("version") else {},
    }
    if native.told.kind == "replay" or not interactions.isdigit() or int(interactions) == 0:
        return native.replay("onetrust", categories, method=None if interactions.strip("0") else "implied", **common)
    return native.decision("onetrust", categories, identity=(interactions,), **common)


def _categories(groups: str) -> dict[str, bool]:
    categories: dict[str, bool] = {}
    for entry in groups.split(","):
        name, colon, answer = entry.strip().rpartition(":")
        if not colon or answer not in ("0", "1"):
            raise NotUnderstood("bad_format groups: expected id:0 or id:1, separated by commas")
        known = GROUPS.get(name) or _LEGACY.get(name)
        if known is None and not _OWN_ID.fullmatch(name):
            continue  # `0_123` and the like are hosts and vendors of a group
        categories[known or name] = categories.get(known or name, True) and answer == "1"
    if not categories:
        raise NotUnderstood("bad_format groups: expected at least one group")
    return categories


def _datestamp(text: str) -> datetime | None:
    """JavaScript's own form of a date: `Mon Sep 01 2025 16:10:37 GMT+0530 (…)`."""
    try:
        return datetime.strptime(text.partition(" (")[0].strip(), "%a %b %d %Y %H:%M:%S GMT%z")
    except ValueError:
        return None


def _from_event(native: Native) -> Event:
    payload = native.mapping
    detail = payload.get("detail")
    if payload.get("event") != "OneTrustGroupsUpdated" or not isinstance(detail, list):
        raise NotUnderstood("not_allowed event: expected OneTrustGroupsUpdated with a list of groups as its detail")
    active = [str(group) for group in detail if str(group).strip()]
    categories = {GROUPS.get(group) or _LEGACY.get(group) or group: True for group in active}
    return native.replay("onetrust", categories)
