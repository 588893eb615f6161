"""What a site file must agree on with the other policies and with itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from consent.policy_files import Document, Loc, suggestion
from consent.policy_models import Jurisdiction
from consent.site_models import Site


def check_site(site: Site, document: Document, jurisdictions: dict[str, Jurisdiction], meaning: dict[str, str]) -> None:
    """Every jurisdiction and category named exists, lists name nothing twice, versions follow each other.

    Raises PolicyError for the first mistake, with its line.
    """
    codes = [code for code in jurisdictions if code != "default"]
    named = [(("jurisdiction",), site.jurisdiction)] if site.jurisdiction is not None else []
    served: list[tuple[Loc, str]] = [(("jurisdictions", place), code) for place, code in enumerate(site.jurisdictions)]
    for loc, code in [*named, *served]:
        if code not in codes:
            raise document.wrong(loc, f"expected a key of jurisdictions.yaml{suggestion(code, codes)}; came {code!r}")
    for loc, name in _categories(site):
        if name not in meaning:
            allowed, hint = ", ".join(dict.fromkeys(meaning.values())), suggestion(name, list(meaning))
            raise document.wrong(loc, f"expected one of {allowed} or a synonym{hint}; came {name!r}")
    _check_lists(site, document)
    for place, version in enumerate(site.versions[1:], start=1):
        if version.effective_from <= site.versions[place - 1].effective_from:
            raise document.wrong(("versions", place, "effective_from"), "expected a later time than the version before")


def _categories(site: Site) -> Iterator[tuple[Loc, str]]:
    for place, item in enumerate(site.storage):
        if item.category is not None:
            yield ("storage", place, "category"), item.category
    for place, banner in enumerate(site.banners):
        for number, toggle in enumerate(banner.toggles or []):
            for nth, name in enumerate(toggle.categories):
                yield ("banners", place, "toggles", number, "categories", nth), name
    for place, promise in enumerate(site.promises):
        for nth, name in enumerate(promise.categories or []):
            yield ("promises", place, "categories", nth), name


def _check_lists(site: Site, document: Document) -> None:
    lists: dict[str, Iterable[str | None]] = {
        "jurisdictions": site.jurisdictions,
        "versions": [version.version for version in site.versions],
        "providers": [provider.name for provider in site.providers],
        "processors": [processor.name for processor in site.processors],
        "banners": [banner.notice_hash for banner in site.banners],
    }
    for key, names in lists.items():
        seen: set[str] = set()
        for place, name in enumerate(names):
            if name is not None and name in seen:
                raise document.wrong((key, place), f"{name!r} is there twice")
            seen.update([name] if name is not None else [])
