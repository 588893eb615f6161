"""The shapes of the shared policy files, one class per mapping. What is allowed is said here and nowhere else."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, StringConstraints

from consent.durations import Duration, parse
from consent.policy_files import Strict

Canonical = Literal["necessary", "functionality", "performance", "marketing"]
Evidence = Literal["S", "Q", "K"]
Severity = Literal["low", "medium", "high", "critical"]
LimitName = Literal[
    "consent_validity",
    "reask_floor",
    "reask_floor_recognised_service",
    "storage_lifetime_cap",
    "measurement_retention",
    "request_log_minimum",
    "proof_retention",
    "tc_string_age",
]
DutyName = Literal["honour_gpc", "disclosed_vendors"]


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
Origin = Annotated[str, StringConstraints(pattern=r"^https?://[a-z0-9.-]+(:[0-9]{1,5})?$")]


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


class Duty(Strict):
    """Something asked for that is no number, from a day on."""

    binding: bool
    evidence: Evidence
    citation: Text
    effective_from: Day | None = None


class Jurisdiction(Strict):
    """A place, or a contract, that sets limits and duties."""

    name: Text
    regime: Literal["opt_in", "opt_out"]
    regions: list[Region] = Field(default_factory=list)
    limits: dict[LimitName, Annotated[list[Limit], Field(min_length=1), BeforeValidator(_listed)]] = Field(
        default_factory=dict
    )
    duties: dict[DutyName, Duty] = Field(default_factory=dict)


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
