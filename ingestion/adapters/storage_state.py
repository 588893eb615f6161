"""Playwright's storage state: cookies and web storage of a browser context, saved by a test or a crawler.

Source: Playwright's documentation of browserContext.storageState.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ingestion.adapters.native import Event, Native, NotUnderstood
from ingestion.adapters.scans import Item, cookie_item, key_item, observation, seconds_until

TITLE = "Playwright storage state"
MAPS = "one observation: cookies with domain, party and lifetime, localStorage keys and IndexedDB databases by origin"
CANNOT_KNOW = (
    "the site and the time it was saved (without `--at`, when the file was last written); sessionStorage; the visitor:"
    " the subject is made up for the scan"
)
WHOLE = True


def events(native: Native) -> list[Event]:
    """One observation of the whole state."""
    state = native.mapping
    if not isinstance(state.get("cookies"), list) or not isinstance(state.get("origins"), list):
        raise NotUnderstood("missing cookies, origins: expected a storage state")
    if native.told.occurred_at is None:
        raise NotUnderstood("missing occurred_at: a storage state holds no time; give it with --at")
    return [observation(native, "storage_state", _items(native, state), at=native.told.occurred_at, page=None)]


def _items(native: Native, state: Mapping[str, Any]) -> Iterator[Item]:
    at, page = native.told.occurred_at, native.told.site
    assert at is not None  # noqa: S101 - for the type checker
    for cookie in state["cookies"]:
        expires = cookie.get("expires", -1)
        lifetime = None if expires is None or expires < 0 else seconds_until(expires, at)
        yield cookie_item(str(cookie["name"]), str(cookie.get("domain", "")), lifetime, page=page)
    for origin in state["origins"]:
        address = str(origin.get("origin", ""))
        for entry in origin.get("localStorage") or ():
            yield key_item(str(entry["name"]), "local_storage", address, page=page)
        for database in origin.get("indexedDB") or ():
            yield key_item(str(database["name"]), "indexed_db", address, page=page)
