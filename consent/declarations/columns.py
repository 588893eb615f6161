"""Tables: cookie lists that name their columns, whoever exported them.

The Open Cookie Database, Cookiebot's and OneTrust's declarations, a page's table and a spreadsheet differ in what
they call a column, and in little else: so the names are data here. JSON is a table whose rows may be nested under
their category and their party, as OneTrust nests them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from consent.declarations.draft import Draft, Row, party, storage_type

# What each column may be called, in lower case and without anything but letters and digits.
_NAMES = {
    "name": "cookiedatakeyname cookiename cookie name cookieid key navn cookies storagename tracker",
    "provider": "platform provider vendor company datacontroller leverandør providedby setby owner anbieter source",
    "domain": "domain host hostname cookiedomain",
    "category": "category cookiecategory classification kategori cookiecategoryname group groupname kategorie",
    "lifetime": "retentionperiod expiry expiration lifespan duration retention maximumstorageduration length expires"
    " varighet utløp lifetime storageperiod maxage speicherdauer",
    "purpose": "description purpose purposedescription cookiedescription formål beskrivelse function functionality"
    " zweck thirdpartydescription",
    "type": "type storagetype technology cookietype",
    "party": "party partytype 1st3rdparty firstthirdparty",
    "wildcard": "wildcardmatch wildcard",
    "is_session": "issession sessioncookie",
}
_FIELD_OF = {word: name for name, words in _NAMES.items() for word in words.split()}
_GROUP_KEYS = ("GroupName", "OptanonGroupId", "category", "Category", "name")
_PARTY_KEYS = {"FirstPartyCookies": "first", "ThirdPartyCookies": "third", "Hosts": "third"}


def field(column: str) -> str | None:
    """What a column of this name holds, as an attribute of Row or `wildcard` or `is_session`; None: nothing of ours."""
    return _FIELD_OF.get(re.sub(r"[\W_]+", "", column.lower()))


def fields(header: Iterable[str]) -> dict[str, str]:
    """Which field each column of a header holds; a table without a name column is none of ours (empty)."""
    found: dict[str, str] = {}
    for column in header:
        known = field(column)
        if known and known not in found.values():
            found[column] = known
    return found if "name" in found.values() and len(found) > 1 else {}


def read_records(draft: Draft, records: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """Add rows given as (where, column to cell)."""
    for where, record in records:
        _read_record(draft, where, record)


def read_nested(draft: Draft, value: Any) -> None:
    """Add every row of a JSON document, wherever it lies in it."""
    for number, (record, category, whose) in enumerate(_records(value, None, None), start=1):
        _read_record(draft, f"row {number}", record, category=category, whose=whose)


def _read_record(
    draft: Draft, where: str, record: Mapping[str, Any], *, category: str | None = None, whose: str | None = None
) -> None:
    columns = fields(record)
    cells = {name: _cell(record[column]) for column, name in columns.items()}
    name = cells.get("name")
    if not any(cells.values()):
        return
    if name and cells.get("wildcard") in ("1", "true", "yes") and "*" not in name:
        name += "*"
    kind, said, domain = storage_type(cells.get("type")), cells.get("type"), cells.get("domain")
    whose = party(cells.get("party")) or party(said) or party(domain) or whose
    if said and kind is None and party(said) is None:
        draft.ask(where, f"type {said!r} is none of cookie, local_storage, session_storage, indexed_db, pixel")
    lifetime = cells.get("lifetime")
    if cells.get("is_session") == "true":
        lifetime = "session"
    elif lifetime and lifetime.isdecimal():  # OneTrust counts days
        lifetime = f"{lifetime} days"
    if domain:
        domain = re.sub(r"\s*\((?:1st|3rd|first|third)[ -]party\)", "", domain, flags=re.IGNORECASE).strip() or None
    row = Row(
        where, name, kind, domain, cells.get("provider"), whose, None, (), cells.get("purpose")
    )  # fmt: skip
    draft.add(row, lifetime=lifetime, category=cells.get("category") or category)


def _records(
    value: Any, category: str | None, whose: str | None
) -> Iterator[tuple[Mapping[str, Any], str | None, str | None]]:
    if isinstance(value, list):
        for item in value:
            yield from _records(item, category, whose)
    elif isinstance(value, dict):
        nested = {key: inner for key, inner in value.items() if isinstance(inner, (list, dict))}
        plain = {key: inner for key, inner in value.items() if key not in nested and inner is not None}
        if not any(isinstance(inner, list) and inner for inner in nested.values()) and fields(plain):
            yield plain, category, whose
            return
        own = next((str(plain[key]) for key in _GROUP_KEYS if key in plain), category)
        for key, inner in nested.items():
            # Lists that are named after a category: {"necessary": [...], "statistics": [...]}.
            named = key if isinstance(inner, list) and key not in _PARTY_KEYS and key.islower() else own
            deeper = own if key in _PARTY_KEYS or own else named
            yield from _records(inner, deeper, _PARTY_KEYS.get(key, whose))


def _cell(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    text = " ".join(str(value).split()) if value is not None else ""
    return text or None
