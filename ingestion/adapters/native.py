"""What an adapter gets, and what it makes of it: a native payload with what its sender told, into canonical events."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Event = dict[str, Any]
Adapter = Callable[["Native"], list[Event]]

_SUBJECT = re.compile(r"[A-Za-z0-9_-]{8,64}")
_REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_NAMESPACE = uuid.UUID("6f1d5e3a-2b0c-5c7e-9d42-7a0e6f4c1b90")  # of the event ids that adapters make
_DENIED = {"functionality": False, "performance": False, "marketing": False}


class NotUnderstood(Exception):
    """The payload is not of the form its adapter knows: `code field: expected …`, never with a value of it."""


@dataclass(frozen=True)
class Told:
    """What a payload itself cannot know, told by whoever sends it; a line's own envelope goes before an option.

    `kind` decides where a payload tells a state and not whether it was just chosen. `names` maps the CMP's own category
    names to the contract's; `declared` lists all that were asked, for payloads that name only what was granted.
    """

    site: str | None = None
    subject: str | None = None
    occurred_at: datetime | None = None
    region: str | None = None
    platform: str | None = None
    language: str | None = None
    policy_version: str | None = None
    kind: Literal["decision", "replay"] | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    declared: tuple[str, ...] = ()


@dataclass(frozen=True)
class Native:
    """One payload: text, or parsed JSON, or rows of a CSV; and what was told beside it."""

    value: Any
    told: Told = Told()

    @property
    def text(self) -> str:
        """The payload as text. Raises NotUnderstood where it is something else."""
        if not isinstance(self.value, str):
            raise NotUnderstood(f"wrong_type payload: expected text; came {type(self.value).__name__}")
        return self.value

    @property
    def mapping(self) -> Mapping[str, Any]:
        """The payload as a JSON object. Raises NotUnderstood where it is something else."""
        if not isinstance(self.value, dict):
            raise NotUnderstood(f"wrong_type payload: expected a JSON object; came {type(self.value).__name__}")
        return self.value

    def event(
        self,
        kind: str,
        cmp: str,
        *,
        subject: str | None = None,
        at: datetime | None = None,
        identity: Iterable[object] = (),
        **fields: Any,
    ) -> Event:
        """A canonical event. What was told stands in for what the payload does not say; empty fields are left out.

        `subject` is the CMP's own id, hashed where it does not have the contract's form. `identity` is what makes
        this the same event when it is sent again: the id is made from it, so that a repeat counts once. Raises
        NotUnderstood where the site, the subject or the time is known to nobody.
        """
        told = self.told
        moment = at or told.occurred_at
        whose = pseudonym(subject) if subject else told.subject
        site = told.site or fields.get("site")
        for name, value in (("site", site), ("subject", whose), ("occurred_at", moment)):
            if not value:
                raise NotUnderstood(f"missing {name}: the payload does not say; give it beside the payload")
        assert moment is not None  # noqa: S101 - for the type checker
        occurred_at = moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
        parts = (cmp, kind, site, whose, *(identity or (occurred_at,)))
        event = {
            "schema_version": 1,
            "event_id": str(uuid.uuid5(_NAMESPACE, "|".join(map(str, parts)))),
            "kind": kind,
            "occurred_at": occurred_at,
            "site": site,
            "subject": whose,
            "region": told.region,
            "platform": told.platform,
            "language": told.language,
            "policy_version": told.policy_version,
        }
        event |= {name: value for name, value in fields.items() if name != "site" and value not in (None, {}, "")}
        event["source"] = {"cmp": cmp} | fields.get("source", {})
        return {name: value for name, value in event.items() if value is not None}

    def decision(self, cmp: str, categories: Mapping[str, bool], **fields: Any) -> Event:
        """A decision; its action follows from the categories unless it is given."""
        named = self.named(categories)
        identity = (*fields.pop("identity", ()), sorted(named.items()))
        fields = {"action": action_of(named)} | fields
        return self.event("decision", cmp, categories=named, identity=identity, **fields)

    def replay(self, cmp: str, categories: Mapping[str, bool], **fields: Any) -> Event:
        """A stored state that was read."""
        return self.event("replay", cmp, categories=self.named(categories), **fields)

    def named(self, categories: Mapping[str, bool]) -> dict[str, bool]:
        """The categories under the names that were told for them, with those declared and not granted as denied.

        Where two names mean one category it is granted only if both are.
        """
        named: dict[str, bool] = {}
        for name, granted in categories.items():
            category = self.told.names.get(name, name)
            named[category] = named.get(category, True) and granted
        return dict.fromkeys((self.told.names.get(name, name) for name in self.told.declared), False) | named


def pseudonym(native_id: str) -> str:
    """A CMP's id as a subject: itself where it has the contract's form, else a hash of it (SHA-256, 128 bits)."""
    return native_id if _SUBJECT.fullmatch(native_id) else hashlib.sha256(native_id.encode()).hexdigest()[:32]


def action_of(categories: Mapping[str, bool]) -> str:
    """accept_all or reject_all where all beyond the necessary agree, else save."""
    answers = {granted for name, granted in categories.items() if name not in ("necessary", "essential")}
    return {frozenset({True}): "accept_all", frozenset({False}): "reject_all"}.get(frozenset(answers), "save")


def all_categories(*, granted: bool) -> dict[str, bool]:
    """The canonical categories, for a payload that says everything or nothing without naming them."""
    return {"necessary": True} | dict.fromkeys(_DENIED, granted)


def moment(value: object) -> datetime | None:
    """An RFC 3339 text, or milliseconds since 1970, as an aware time; None where it is neither."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        if isinstance(value, (int, float)):
            return datetime.fromtimestamp(value / 1000, UTC)
        parsed = datetime.fromisoformat(str(value).strip())
    except (ValueError, OverflowError, OSError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def region(*parts: str | None) -> str | None:
    """The finest region that the parts (country, subdivision) make, or None."""
    known = [part.strip().upper() for part in parts if part]
    for count in range(len(known), 0, -1):
        if _REGION.fullmatch(code := "-".join(known[:count])):
            return code
    return None
