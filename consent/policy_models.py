"""The shapes of the policy files, one class per mapping. What is allowed is said here and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, StringConstraints

from consent.durations import EXPECTED, Duration, parse
from consent.policy_files import Strict

Canonical = Literal["necessary", "functionality", "performance", "marketing"]
Evidence = Literal["S", "Q", "K"]
Severity = Literal["low", "medium", "high", "critical"]
StorageType = Literal["cookie", "local_storage", "session_storage", "indexed_db", "pixel"]
LimitName = Literal[
    "consent_validity",
    "reask_floor",
    "reask_floor_recognised_service",
    "storage_lifetime_cap",
    "measurement_retention",
    "request_log_minimum",
    "proof_retention",
]
_WORDS = ("session", "persistent")


@dataclass(frozen=True)
class Lifetime:
    """A declared lifetime: as written, its kind, and for a duration its length."""

    text: str
    kind: Literal["duration", "session", "persistent", "conflicting"]
    duration: Duration | None = None


def _lifetime(value: Any) -> Lifetime | None:
    if value is None:
        return None
    parts = list(value) if isinstance(value, list) else [value]
    for part in parts:
        if part not in _WORDS:
            try:
                parse(part)
            except ValueError:
                raise ValueError(f"expected {EXPECTED}, or session, or persistent; came {part!r}") from None
    if not parts:
        raise ValueError("expected one lifetime or a list of those the document gives; came []")
    text = ", ".join(parts)
    if len(set(parts)) > 1:
        return Lifetime(text, "conflicting")
    if parts[0] == "session":
        return Lifetime(text, "session")
    if parts[0] == "persistent":
        return Lifetime(text, "persistent")
    return Lifetime(parts[0], "duration", parse(parts[0]))


def _moment(value: Any) -> datetime:
    """A date (midnight UTC) or a time with an offset, as naive UTC."""
    expected = f"expected a date such as 2026-03-01, or a time with an offset such as 2026-03-01T09:00Z; came {value!r}"
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError(expected) from None
    if re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        return moment
    if moment.tzinfo is None:
        raise ValueError(expected)
    return moment.astimezone(UTC).replace(tzinfo=None)


def _day(value: Any) -> date:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValueError(f"expected a date such as 2026-03-01; came {value!r}")


def _term(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9/ -]*\*?", value):
        raise ValueError(
            f"expected lower-case letters, digits, spaces, - and /, with * at the end at most; came {value!r}"
        )
    return value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


Text = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Period = Annotated[Duration, PlainValidator(parse)]
Moment = Annotated[datetime, PlainValidator(_moment)]
Day = Annotated[date, PlainValidator(_day)]
Region = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
Code = Annotated[str, StringConstraints(pattern=r"^(default|[A-Z]{2,5}(-[A-Z0-9]{1,3})?)$")]
Word = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
SiteId = Annotated[str, StringConstraints(pattern=r"^\S{1,253}$")]


class Category(Strict):
    """One of the four canonical categories and the other names banners and policies give it."""

    title: Text
    description: Text
    synonyms: list[Word] = Field(default_factory=list)


class PurposeTerm(Strict):
    """Words that, in a declared purpose, show a category; `*` at the end takes any ending."""

    category: str
    terms: list[Annotated[str, AfterValidator(_term)]] = Field(min_length=1)


class Categories(Strict):
    """categories.yaml."""

    categories: dict[Canonical, Category] = Field(min_length=4)
    purpose_terms: list[PurposeTerm] = Field(default_factory=list)

    @property
    def meaning(self) -> dict[str, str]:
        """Every known name to its canonical category."""
        own = {name: name for name in map(str, self.categories)}
        return own | {word: name for name, category in self.categories.items() for word in category.synonyms}


class Limit(Strict):
    """A number with what it rests on; `value` null: the regulator names none."""

    value: Period | None
    binding: bool
    evidence: Evidence
    citation: Text
    effective_from: Day | None = None


class Jurisdiction(Strict):
    """A place, or a contract, that sets limits."""

    name: Text
    regime: Literal["opt_in", "opt_out"]
    regions: list[Region] = Field(default_factory=list)
    limits: dict[LimitName, Annotated[list[Limit], Field(min_length=1), BeforeValidator(_listed)]] = Field(
        default_factory=dict
    )


class Jurisdictions(Strict):
    """jurisdictions.yaml."""

    jurisdictions: dict[Code, Jurisdiction]


class RuleCase(Strict):
    """What differs from its rule in a case that the rule's SQL tells apart."""

    severity: Severity | None = None
    description: Text | None = None
    binding: bool | None = None
    evidence: Evidence | None = None
    citation: Text | None = None


class Rule(Strict):
    """What a rule of `sql/rules` means."""

    title: Text
    description: Text
    severity: Severity
    binding: bool
    evidence: Evidence
    citation: Text
    cases: dict[Word, RuleCase] = Field(default_factory=dict)


class Rules(Strict):
    """rules.yaml."""

    rules: dict[Word, Rule]


class Provider(Strict):
    """A system the policy describes; `sets_storage` where it says that the system stores something."""

    name: Text
    sets_storage: bool = False


class StorageItem(Strict):
    """One row of the policy's list, with None for what the row does not say."""

    name: Text | None = None
    type: StorageType = "cookie"
    domain: Text | None = None
    provider: Text | None = None
    party: Literal["first", "third"] | None = None
    category: Word | None = None
    lifetime: Annotated[Lifetime | None, PlainValidator(_lifetime)] = None
    purpose: Text | None = None

    @property
    def name_regex(self) -> str | None:
        """For a name with `*`: what a full match of a name must look like (RE2)."""
        if self.name is None or "*" not in self.name:
            return None
        return ".*".join(re.escape(part) for part in self.name.split("*"))


class Version(Strict):
    """A version of the policy; `material`: earlier consents no longer cover what it says."""

    version: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    effective_from: Moment
    material: bool = False


class Site(Strict):
    """sites/<site>.yaml: one site or app and the inventory its cookie policy declares."""

    site: SiteId
    name: Text | None = None
    controller: Text | None = None
    contact: Text | None = None
    jurisdiction: str | None = None
    consent_validity: Period | None = None
    proof_retention: Period | None = None
    withdrawal: Literal["banner", "preferences", "contact", "browser_settings"] | None = None
    baseline_variant: Text | None = None
    planned_split: dict[str, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    versions: list[Version] = Field(default_factory=list)
    providers: list[Provider] = Field(default_factory=list)
    storage: list[StorageItem] = Field(default_factory=list)
