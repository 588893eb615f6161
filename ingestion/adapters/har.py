"""HAR: the cookies that responses set and the pixels that were loaded, page by page.

Source: the HTTP Archive format 1.2. Set-Cookie is read where the exporter left the cookie lists empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from ingestion.adapters.native import Event, Native, NotUnderstood, moment
from ingestion.adapters.scans import Item, cookie_item, host, observation, party, seconds_until

TITLE = "HAR (HTTP Archive)"
MAPS = (
    "one observation for each page: every cookie a response sets (name, domain, party, lifetime from Max-Age or"
    " Expires, none for a session), and third-party images of at most 100 bytes as pixels"
)
CANNOT_KNOW = (
    "cookies that scripts set, web storage, and cookies of a HAR exported without sensitive data; the visitor: the"
    " subject is made up for the scan"
)
WHOLE = True
_PIXEL_BYTES = 100


def events(native: Native) -> list[Event]:
    """One observation for each page of the archive."""
    log = native.mapping.get("log")
    if not isinstance(log, dict) or not isinstance(log.get("entries"), list):
        raise NotUnderstood("missing log.entries: expected an HTTP Archive")
    pages = [page for page in log.get("pages") or [] if isinstance(page, dict)]
    entries = [entry for entry in log["entries"] if isinstance(entry, dict)]
    found = []
    for page in pages or [{}]:
        own = [entry for entry in entries if not pages or entry.get("pageref") == page.get("id")]
        if own:
            found.append(_page(native, page, own))
    return found


def _page(native: Native, page: Mapping[str, Any], entries: list[dict[str, Any]]) -> Event:
    address = str(entries[0].get("request", {}).get("url", ""))
    at = moment(page.get("startedDateTime")) or moment(entries[0].get("startedDateTime"))
    items = [item for entry in entries for item in _items(entry, address, at)]
    return observation(native, "har", items, at=at, page=address)


def _items(entry: dict[str, Any], page: str, at: datetime | None) -> Iterator[Item]:
    url = str(entry.get("request", {}).get("url", ""))
    response = entry.get("response")
    if not isinstance(response, dict):
        return
    seen = moment(entry.get("startedDateTime")) or at or datetime.now(UTC)
    cookies = response.get("cookies") or list(_set_cookies(response.get("headers") or []))
    for cookie in cookies:
        if isinstance(cookie, dict) and cookie.get("name"):
            domain = str(cookie.get("domain") or host(url) or "")
            yield cookie_item(str(cookie["name"]), domain, _lifetime(cookie, seen), page=page)
    content = response.get("content") or {}
    is_image = str(content.get("mimeType", "")).startswith("image/")
    if is_image and 0 <= int(content.get("size", -1)) <= _PIXEL_BYTES and party(host(url) or "", page) == "third":
        name = urlsplit(url).path.rpartition("/")[2] or (host(url) or "pixel")
        yield {"name": name, "type": "pixel", "domain": host(url), "party": "third"}


def _set_cookies(headers: list[Any]) -> Iterator[dict[str, Any]]:
    for header in headers:
        if isinstance(header, dict) and str(header.get("name", "")).lower() == "set-cookie":
            for line in str(header.get("value", "")).splitlines():
                parsed: SimpleCookie = SimpleCookie()
                try:
                    parsed.load(line)
                except CookieError:
                    continue
                for name, morsel in parsed.items():
                    yield {"name": name, "domain": morsel["domain"], "expires": morsel["expires"]} | (
                        {"maxAge": morsel["max-age"]} if morsel["max-age"] else {}
                    )


def _lifetime(cookie: Mapping[str, Any], at: datetime) -> int | None:
    """Seconds from `at`; Max-Age goes before Expires (RFC 6265, 5.3). None: it ends with the session."""
    if str(cookie.get("maxAge", "")).lstrip("-").isdigit():
        return int(cookie["maxAge"])
    expires = cookie.get("expires")
    if not expires:
        return None
    until = moment(expires)
    if until is None:
        try:
            until = parsedate_to_datetime(str(expires).replace("-", " "))
        except ValueError:
            return None
    return seconds_until(until.timestamp(), at)
