"""Storage that a scan of a site saw, as observations. A value is never read, only names, kinds and lifetimes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from ingestion.adapters.native import Event, Native

Item = dict[str, Any]


def observation(native: Native, scanner: str, items: Iterable[Item], *, at: datetime | None, page: str | None) -> Event:
    """One observation of what a page stored; an item seen twice counts once.

    A scan is nobody: unless a subject is told, it is named after the page and the time.
    """
    unique = {(item["name"], item["type"], item.get("domain")): item for item in items}
    site = native.told.site or host(page)
    moment = at or native.told.occurred_at
    whose = hashlib.sha256(f"{site}|{moment}".encode()).hexdigest()[:16]
    return native.event(
        "observation",
        scanner,
        subject=native.told.subject or f"scan-{whose}",
        at=moment,
        site=site,
        storage=[item for _, item in sorted(unique.items(), key=lambda entry: str(entry[0]))],
    )


def cookie_item(name: str, domain: str | None, lifetime_s: int | None, *, page: str | None) -> Item:
    """A cookie: `lifetime_s` None is a session's."""
    item: Item = {"name": name, "type": "cookie"}
    if domain:
        item |= {"domain": domain.lstrip("."), "party": party(domain, page)}
    item["lifetime_s"] = None if lifetime_s is None else max(0, lifetime_s)
    return item


def key_item(name: str, kind: str, origin: str, *, page: str | None) -> Item:
    """A key of web storage, which has no lifetime of its own."""
    domain = host(origin) or origin
    return {"name": name, "type": kind, "domain": domain, "party": party(domain, page)}


def party(domain: str, page: str | None) -> str:
    """`first` where one of the two hosts lies within the other, else `third`; without a page all are first."""
    own, other = host(page) or "", domain.lstrip(".").lower()
    if not own or own == other or own.endswith(f".{other}") or other.endswith(f".{own}"):
        return "first"
    return "third"


def host(url: str | None) -> str | None:
    """The host of an address, without `www.`; None where there is none."""
    name = urlsplit(url).hostname if url and "//" in url else url
    return name.removeprefix("www.") if name else None


def seconds_until(expires: float, at: datetime) -> int:
    """From `at` to a time in seconds since 1970."""
    return int(expires - at.replace(tzinfo=at.tzinfo or UTC).timestamp())
