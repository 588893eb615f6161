"""Who gets which report: `reports.yaml` in the policies folder.

Without the file nobody gets any.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from consent.policy_files import Strict, read
from consent.policy_models import SiteId, Word

_ADDRESS = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,253}")


def _address(value: str) -> str:
    if not _ADDRESS.fullmatch(value):
        raise ValueError("expected an address such as privacy@shop.example")
    return value


def _no_repeats(values: list[str]) -> list[str]:
    if len(set(values)) < len(values):
        raise ValueError("expected each once")
    return values


Format = Literal["html", "pdf", "csv"]
_USUAL: tuple[Format, ...] = ("pdf", "html")
Address = Annotated[str, AfterValidator(_address)]


class Subscription(Strict):
    """One report that goes out by itself: `weekly` on Mondays, `monthly` on the first, for the period just over.

    With `sites` there is one report for each of them, else one for all together.
    """

    cadence: Literal["weekly", "monthly"]
    audience: Literal["all", "product", "compliance"] = "all"
    sites: Annotated[list[SiteId], AfterValidator(_no_repeats)] = Field(default_factory=list)
    language: Literal["en", "nb"] = "en"
    formats: Annotated[list[Format], Field(min_length=1), AfterValidator(_no_repeats)] = Field(
        default_factory=lambda: list(_USUAL)
    )
    recipients: Annotated[list[Address], Field(min_length=1), AfterValidator(_no_repeats)]


class _Subscriptions(Strict):
    """reports.yaml."""

    reports: dict[Word, Subscription]


def subscriptions(policies: Path) -> dict[str, Subscription]:
    """All of them by name; none where there is no file. Raises PolicyError with file, line and field."""
    path = policies / "reports.yaml"
    if not path.exists():
        return {}
    found: Any = read(path).validate(_Subscriptions)
    return dict(found.reports)
