"""The policies: what sites declare and what the law, guidance and the organisation set as limits, read from YAML.

`Registry.load(folder)` reads `categories.yaml`, `jurisdictions.yaml`, `rules.yaml`, `sites/*.yaml` and the metrics
(`consent.metrics`); everything it accepts is consistent (every category, jurisdiction and region that is named exists,
once). What a policy document does not say stays None here: nothing is guessed. `policies/README.md` explains each key
to the people who edit them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from consent.metrics import Metrics
from consent.policy_files import Document, Loc, read, suggestion
from consent.policy_models import Categories, Jurisdiction, Jurisdictions, Limit, Rule, Rules
from consent.policy_tables import write
from consent.site_checks import check_site
from consent.site_models import Site

if TYPE_CHECKING:
    import duckdb

DEFAULT = "default"  # the row of the organisation's own limits


@dataclass(frozen=True)
class Registry:
    """All policies of one folder. `fingerprint` is a SHA-256 over the names and bytes of its files."""

    folder: Path
    categories: Categories
    jurisdictions: dict[str, Jurisdiction]
    rules: dict[str, Rule]
    sites: dict[str, Site]
    metrics: Metrics
    documents: dict[str, Document]  # by path inside the folder; a site given by itself, by `sites/<site>.yaml`

    @classmethod
    def load(cls, folder: Path) -> Registry:
        """Read a folder of policies. Raises PolicyError for the first mistake, with file, line and field."""
        documents = {name: read(folder / name) for name in ("categories.yaml", "jurisdictions.yaml", "rules.yaml")}
        categories = documents["categories.yaml"].validate(Categories)
        _check_categories(categories, documents["categories.yaml"])
        jurisdictions = documents["jurisdictions.yaml"].validate(Jurisdictions).jurisdictions
        _check_jurisdictions(jurisdictions, documents["jurisdictions.yaml"])
        rules = documents["rules.yaml"].validate(Rules).rules
        metrics = Metrics.load(folder)
        registry = cls(folder, categories, jurisdictions, rules, {}, metrics, documents | metrics.documents)
        paths = sorted((folder / "sites").glob("*.yaml"))
        for path in paths:
            registry = registry._with(path, must_be_named_after_site=True)
        return registry

    def with_site_files(self, paths: Iterable[Path]) -> Registry:
        """The same limits and rules for the sites of these files alone, wherever they lie. Raises PolicyError."""
        common = {name: document for name, document in self.documents.items() if not name.startswith("sites/")}
        registry = replace(self, sites={}, documents=common)
        for path in paths:
            registry = registry._with(path, must_be_named_after_site=False)
        return registry

    @property
    def fingerprint(self) -> str:
        """Changes exactly when a byte or a name of a policy file does."""
        digest = hashlib.sha256()
        for name, document in sorted(self.documents.items()):
            digest.update(f"{name}\0{len(document.content)}\0".encode())
            digest.update(document.content)
        return digest.hexdigest()

    @property
    def jurisdictions_with_numbers(self) -> list[str]:
        """The jurisdictions with a limit of their own that names a number, the organisation's own left out."""
        return sorted(
            code
            for code, jurisdiction in self.jurisdictions.items()
            if code != DEFAULT and any(limit.value for versions in jurisdiction.limits.values() for limit in versions)
        )

    def line(self, site: str, *field: str | int) -> int:
        """The line on which a field of a site begins; places in a list are counted from 0."""
        return self.documents[f"sites/{site}.yaml"].line(field)

    def meaning(self, site: Site) -> dict[str, str]:
        """Every name of a category that this site may use, to the canonical one; the site's own names go first."""
        return self.categories.meaning | dict(site.categories)

    def write(self, con: duckdb.DuckDBPyConnection) -> None:
        """(Re)create every table of the schema `policy`, in one go; the caller decides on the transaction."""
        write(self, con)

    def _with(self, path: Path, *, must_be_named_after_site: bool) -> Registry:
        document = read(path)
        site = document.validate(Site)
        check_site(site, document, self.jurisdictions, self.meaning(site))
        if must_be_named_after_site and site.site != path.stem:
            raise document.wrong(("site",), f"expected the file's name, {path.stem!r}; came {site.site!r}")
        if site.site in self.sites:
            other = self.documents[f"sites/{site.site}.yaml"].path
            raise document.wrong(("site",), f"{site.site!r} is already described in {other}")
        documents = {**self.documents, f"sites/{site.site}.yaml": document}
        return replace(self, sites={**self.sites, site.site: site}, documents=documents)


def _check_categories(categories: Categories, document: Document) -> None:
    seen: dict[str, str] = {name: name for name in categories.categories}
    for name, category in categories.categories.items():
        for place, synonym in enumerate(category.synonyms):
            other = seen.setdefault(synonym, name)
            if other != name or synonym in categories.categories:
                loc: Loc = ("categories", name, "synonyms", place)
                raise document.wrong(loc, f"{synonym!r} already means {other!r}")
    for place, term in enumerate(categories.purpose_terms):
        if term.category not in categories.categories:
            hint = suggestion(term.category, list(categories.categories))
            allowed = ", ".join(categories.categories)
            loc = ("purpose_terms", place, "category")
            raise document.wrong(loc, f"expected one of {allowed}{hint}; came {term.category!r}")


def _check_jurisdictions(jurisdictions: dict[str, Jurisdiction], document: Document) -> None:
    if DEFAULT not in jurisdictions:
        raise document.wrong(("jurisdictions",), f"expected the key {DEFAULT!r}, the organisation's own limits")
    seen: dict[str, str] = {}
    for code, jurisdiction in jurisdictions.items():
        for place, region in enumerate(jurisdiction.regions):
            if seen.setdefault(region, code) != code or jurisdiction.regions.index(region) != place:
                loc: Loc = ("jurisdictions", code, "regions", place)
                raise document.wrong(loc, f"region {region!r} already belongs to {seen[region]!r}")
        for name, versions in jurisdiction.limits.items():
            _check_versions(code, name, versions, document)
    for name in ("consent_validity", "storage_lifetime_cap", "proof_retention"):
        if not any(limit.value and not limit.effective_from for limit in jurisdictions[DEFAULT].limits.get(name, [])):
            loc = ("jurisdictions", DEFAULT, "limits", name)
            raise document.wrong(loc, "required: a value for all times, which others without a number fall back to")


def _check_versions(code: str, name: str, versions: list[Limit], document: Document) -> None:
    starts = [limit.effective_from for limit in versions]
    if len(set(starts)) < len(starts):
        loc = ("jurisdictions", code, "limits", name)
        raise document.wrong(loc, "two versions have the same effective_from; which one is in force cannot be told")
