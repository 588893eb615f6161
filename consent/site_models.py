"""The shape of `sites/<site>.yaml`: what one site or app declares. A key that is not there is something not said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, StringConstraints, model_validator

from consent.durations import EXPECTED, Duration, parse
from consent.policy_files import Strict
from consent.policy_models import Canonical, Moment, Origin, Period, Region, SiteId, Text, Word

StorageType = Literal["cookie", "local_storage", "session_storage", "indexed_db", "pixel"]
Platform = Literal["web", "ios", "android", "desktop", "tv", "other"]
RelationName = Literal["events", "decisions", "observations", "quarantine", "requests", "measurement"]
PromiseName = Literal[
    "only_essential_before_consent",
    "reject_blocks_nonessential",
    "preference_suppresses_banner",
    "local_storage_only_declared",
    "provider_never_for",
    "opt_out_respected",
    "processors_protected",
]
Label = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Hash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Steps = Annotated[int, Field(ge=0, le=100)]
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


def pattern(name: str) -> str:
    """For a name in which `*` stands for any characters: what a full match must look like (RE2)."""
    return ".*".join(re.escape(part) for part in name.split("*"))


class Provider(Strict):
    """A system the policy describes; `sets_storage` where it says that the system stores something."""

    name: Text
    sets_storage: bool = False


class Processor(Strict):
    """Who processes data for the site: in which country, and by which safeguard where that is outside the EEA."""

    name: Text
    country: Country | None = None
    safeguard: Literal["adequacy", "standard_clauses", "binding_rules", "code_of_conduct", "none"] | None = None
    purpose: Text | None = None


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
        return pattern(self.name) if self.name is not None and "*" in self.name else None


class Version(Strict):
    """A version of the policy; `material`: earlier consents no longer cover what it says."""

    version: Label
    effective_from: Moment
    material: bool = False


class Toggle(Strict):
    """One switch, or one pair of buttons, of a banner: the categories it decides, and how it stands at first."""

    categories: list[Word] = Field(min_length=1)
    on_by_default: bool | None = None


class Banner(Strict):
    """A text of the banner as it was shown, by its hash, and how it asks."""

    id: Label | None = None
    version: Label | None = None
    language: Label | None = None
    notice_hash: Hash | None = None
    reject_on_first_layer: bool | None = None
    passive_consent: list[Literal["scroll", "continued_use", "dismissal"]] | None = None
    steps_to_grant: Steps | None = None
    steps_to_withdraw: Steps | None = None
    toggles: list[Toggle] | None = None


class When(Strict):
    """Which events a promise is about: all that carry these values."""

    platform: list[Platform] | None = None
    region: list[Region] | None = None
    banner_id: list[Label] | None = None
    variant: list[Label] | None = None


_NEEDS: dict[str, tuple[str, ...]] = {
    "preference_suppresses_banner": ("period",),
    "provider_never_for": ("provider", "when"),
    "opt_out_respected": ("storage", "provider"),
}
_MAY: dict[str, tuple[str, ...]] = {
    "local_storage_only_declared": ("categories",),
    "provider_never_for": ("names",),
    "opt_out_respected": ("names",),
}


class Promise(Strict):
    """Something the policy promises that events can show to be broken."""

    promise: PromiseName
    period: Period | None = None
    categories: list[Word] | None = None
    storage: Text | None = None
    provider: Text | None = None
    names: list[Text] | None = None
    when: When | None = None

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Promise:
        needs, may = _NEEDS.get(self.promise, ()), _MAY.get(self.promise, ())
        given = [key for key in type(self).model_fields if key != "promise" and getattr(self, key) is not None]
        missing = [key for key in needs if key not in given]
        excess = [key for key in given if key not in (*needs, *may)]
        if missing or excess:
            takes = ", ".join([*needs, *(f"{key} (may be left out)" for key in may)]) or "no other key"
            came = ", ".join(given) or "none"
            raise ValueError(f"{self.promise}: expected {takes}; came {came}")
        return self


class Site(Strict):
    """sites/<site>.yaml: one site or app and the inventory its cookie policy declares."""

    site: SiteId
    name: Text | None = None
    controller: Text | None = None
    contact: Text | None = None
    jurisdiction: str | None = None
    jurisdictions: list[str] = Field(default_factory=list)
    categories: dict[Word, Canonical] = Field(default_factory=dict)
    consent_validity: Period | None = None
    proof_retention: Period | None = None
    retention: dict[RelationName, Period] = Field(default_factory=dict)
    withdrawal: Literal["banner", "preferences", "contact", "browser_settings"] | None = None
    origins: list[Origin] = Field(default_factory=list)
    baseline_variant: Text | None = None
    planned_split: dict[str, Annotated[int, Field(gt=0)]] = Field(default_factory=dict)
    versions: list[Version] = Field(default_factory=list)
    banners: list[Banner] = Field(default_factory=list)
    providers: list[Provider] = Field(default_factory=list)
    processors: list[Processor] = Field(default_factory=list)
    storage: list[StorageItem] = Field(default_factory=list)
    promises: list[Promise] = Field(default_factory=list)
