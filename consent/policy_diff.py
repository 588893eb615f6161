"""What changed between two versions of a site file, and whether people have to be asked again.

A consent covers what its person was told: so what asks for more than was told (another item or purpose that needs
consent, another recipient or controller, a longer life) makes earlier consents fall short, and what asks for less or
only says more does not (EDPB Guidelines 05/2020 ¶110; GDPR art. 7 and recital 42).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from consent.site_models import Lifetime, Site, StorageItem

Change = Literal["added", "removed", "changed"]
_STRICTNESS = {"necessary": 0, "functionality": 1, "performance": 2, "marketing": 3}
_ITEM_KEYS = ("category", "lifetime", "purpose", "provider", "party")
_SITE_KEYS = ("name", "controller", "contact", "jurisdiction", "consent_validity", "proof_retention", "withdrawal")


@dataclass(frozen=True)
class Difference:
    """One change; `why` says why earlier consents do not cover it, and is empty where they do."""

    what: str
    change: Change
    before: str
    after: str
    why: str = ""


@dataclass(frozen=True)
class Diff:
    """All changes from one version of a site to another."""

    differences: list[Difference]
    needs_reconsent: bool
    warning: str | None  # where the new file does not say what follows from the changes


def diff(before: Site, after: Site, meaning: dict[str, str]) -> Diff:
    """Compare two versions of a site; `meaning` is every known name of a category to its canonical one."""
    found = [
        *_site(before, after),
        *_storage(before, after, meaning),
        *_named("provider", before.providers, after.providers, "what it stores was not told to those who consented"),
        *_named(
            "processor", before.processors, after.processors, "a recipient that was not told to those who consented"
        ),
        *_lists(before, after),
    ]
    needs = any(difference.why for difference in found)
    return Diff(found, needs, _warning(before, after, found, needs))


def _warning(before: Site, after: Site, found: list[Difference], needs: bool) -> str | None:
    known = {version.version for version in before.versions}
    new = [version for version in after.versions if version.version not in known]
    if found and not new:
        return "the new file has no new entry under `versions`"
    if needs and not any(version.material for version in new):
        return "earlier consents fall short, and no new version is marked `material: true`"
    if not needs and any(version.material for version in new):
        return "a new version is marked `material: true`, and nothing here asks for more than before"
    return None


def _site(before: Site, after: Site) -> Iterator[Difference]:
    for key in _SITE_KEYS:
        old, new = getattr(before, key), getattr(after, key)
        if old != new:
            why = "the consents were given to another controller" if key == "controller" and old is not None else ""
            yield Difference(key, "changed", _told(old), _told(new), why)


def _storage(before: Site, after: Site, meaning: dict[str, str]) -> Iterator[Difference]:
    old, new = _by_name(before), _by_name(after)
    for key, item in old.items():
        if key not in new:
            yield Difference(f"storage {key}", "removed", _summary(item), "")
    for key, item in new.items():
        needs = meaning.get(item.category or "") != "necessary"
        if key not in old:
            why = "storage that nobody was told of when they consented" if needs else ""
            yield Difference(f"storage {key}", "added", "", _summary(item), why)
            continue
        for field in _ITEM_KEYS:
            earlier, later = getattr(old[key], field), getattr(item, field)
            if earlier != later:
                why = _asks_for_more(field, earlier, later, meaning) if needs else ""
                yield Difference(f"storage {key}: {field}", "changed", _told(earlier), _told(later), why)


def _asks_for_more(field: str, earlier: Any, later: Any, meaning: dict[str, str]) -> str:
    if later is None:
        return ""
    if field == "category":
        old, new = meaning.get(earlier or ""), meaning.get(later)
        if old and new and _STRICTNESS[new] > _STRICTNESS[old]:
            return f"those who granted {old} did not grant {new}"
        return ""
    if field == "lifetime":
        return "kept for longer than was told" if _length(later) > _length(earlier) and earlier else ""
    if field in ("purpose", "provider"):
        return f"another {field} than was told" if earlier else ""
    return "set by a third party now" if (field, later) == ("party", "third") and earlier else ""


def _length(lifetime: Lifetime | None) -> float:
    if lifetime is None or lifetime.kind == "session":
        return 0
    return lifetime.duration.longest_seconds if lifetime.duration else float("inf")


def _named(kind: str, before: list[Any], after: list[Any], why: str) -> Iterator[Difference]:
    old, new = {entry.name: entry for entry in before}, {entry.name: entry for entry in after}
    for name in (name for name in old if name not in new):
        yield Difference(f"{kind} {name}", "removed", name, "")
    for name, entry in new.items():
        if name not in old:
            counts = kind != "provider" or entry.sets_storage
            yield Difference(f"{kind} {name}", "added", "", name, why if counts else "")
        elif entry != old[name]:
            yield Difference(f"{kind} {name}", "changed", _told(old[name]), _told(entry))


def _lists(before: Site, after: Site) -> Iterator[Difference]:
    """What is a list or a mapping without a name of its own: banners, promises, retention and the like."""
    for key in ("jurisdictions", "categories", "retention", "planned_split", "banners", "promises"):
        old, new = getattr(before, key), getattr(after, key)
        if old != new:
            change: Change = "changed" if old and new else "added" if new else "removed"
            yield Difference(key, change, _told(old), _told(new))


def _by_name(site: Site) -> dict[str, StorageItem]:
    """Items by name, type and domain; of a name that is there twice, and of rows without one, each by its place."""
    found: dict[str, StorageItem] = {}
    for place, item in enumerate(site.storage, start=1):
        parts = [item.name or f"unnamed (row {place})", *([item.type] if item.type != "cookie" else [])]
        key = " ".join([*parts, *([f"of {item.domain}"] if item.domain else [])])
        again = key
        number = 2
        while again in found:
            again = f"{key} (again, {number})"
            number += 1
        found[again] = item
    return found


def _summary(item: StorageItem) -> str:
    return ", ".join(_told(value) for key in _ITEM_KEYS if (value := getattr(item, key)) is not None)


def _told(value: Any) -> str:
    if value is None:
        return "not said"
    if isinstance(value, BaseModel):
        return ", ".join(f"{key} {_told(inner)}" for key, inner in value if inner is not None)
    if isinstance(value, (list, tuple)):
        return "; ".join(map(_told, value)) or "none"
    if isinstance(value, dict):
        return "; ".join(f"{key} {_told(inner)}" for key, inner in value.items()) or "none"
    return str(getattr(value, "text", value))
