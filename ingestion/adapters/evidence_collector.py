"""The EDPS Website Evidence Collector: its inspection.json.

Source: the collector's own documentation (European Data Protection Supervisor).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ingestion.adapters.native import Event, Native, NotUnderstood, moment
from ingestion.adapters.scans import Item, cookie_item, key_item, observation, seconds_until

TITLE = "Website Evidence Collector"
MAPS = (
    "inspection.json: `uri_ins` → site, `start_time`, cookies with domain, party and lifetime, localStorage keys by"
    " origin → one observation"
)
CANNOT_KNOW = "beacons by name; sessionStorage; the visitor: the subject is made up for the scan"
WHOLE = True


def events(native: Native) -> list[Event]:
    """One observation of the inspection."""
    inspection = native.mapping
    cookies, page = inspection.get("cookies"), inspection.get("uri_ins")
    if not isinstance(cookies, list) or not isinstance(page, str):
        raise NotUnderstood("missing uri_ins, cookies: expected an inspection.json")
    at = moment(inspection.get("start_time")) or native.told.occurred_at
    if at is None:
        raise NotUnderstood("missing start_time: expected the time of the inspection")
    items = [*_cookies(cookies, page, at), *_storage(inspection.get("localStorage"), page)]
    return [observation(native, "evidence_collector", items, at=at, page=page)]


def _cookies(cookies: list[Any], page: str, at: datetime) -> Iterator[Item]:
    for cookie in cookies:
        if not isinstance(cookie, dict) or not cookie.get("name"):
            raise NotUnderstood("wrong_type cookies: expected objects with a name")
        expires = cookie.get("expires")
        is_session = bool(cookie.get("session")) or not isinstance(expires, (int, float)) or expires <= 0
        lifetime = None if is_session else seconds_until(float(expires), at)  # type: ignore[arg-type]
        yield cookie_item(str(cookie["name"]), str(cookie.get("domain", "")), lifetime, page=page)


def _storage(storage: Any, page: str) -> Iterator[Item]:
    for origin, entries in storage.items() if isinstance(storage, Mapping) else ():
        for name in entries if isinstance(entries, Mapping) else ():
            yield key_item(str(name), "local_storage", str(origin), page=page)
