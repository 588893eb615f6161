"""Compliance beside the findings: the inventory, the audit of the policy, and the rules' catalogue."""

from __future__ import annotations

from collections import Counter

from consent.audit import audit
from consent.policies import DEFAULT, Registry
from consent.settings import Settings
from dashboards import filters
from dashboards.filters import Filters
from dashboards.kept import Kept
from dashboards.page import Asked, Built, Choices, Page
from dashboards.queries import Row, Snapshot

LISTED = 500  # rows on one page; the download has all

_audits: Kept[tuple[str, ...], list[Row]] = Kept(most=32)


def _inventory(asked: Asked) -> Built:
    everything = Filters(asked.filters.fields, {k: v for k, v in asked.filters.values.items() if k == "site"})
    counts = Counter(row["status"] for row in asked.snapshot.rows("inventory", everything.parameters()))
    rows = asked.snapshot.rows("inventory", asked.filters.parameters())
    return Built({"rows": rows[:LISTED], "total": len(rows), "counts": counts})


def _inventory_choices(snapshot: Snapshot, _settings: Settings) -> Choices:
    statuses = ["undeclared", "declared_and_seen", "declared_not_seen"]
    return {"status": statuses} if snapshot.holds("inventory") else {}


def _audit(asked: Asked) -> Built:
    """The declared inventories alone, under a jurisdiction: what would be found without a single event."""
    registry = Registry.load(asked.settings.policies)
    site, under = asked.filters.values.get("site"), asked.filters.values.get("under")
    described = site is None or site in registry.sites
    found = _audited(asked.snapshot.identity, registry, site, under) if described else []
    severities = Counter(row["severity"] for row in found)
    return Built(
        {
            "found": found[:LISTED],
            "total": len(found),
            "severities": severities,
            "described": described,
            "titles": {name: rule.title for name, rule in registry.rules.items()},
        }
    )


def _audited(identity: str, registry: Registry, site: str | None, under: str | None) -> list[Row]:
    stamp = repr(sorted((str(d.path), d.path.stat().st_mtime_ns) for d in registry.documents.values()))
    key = (identity, stamp, site or "", under or "")
    return _audits.get_or(key, lambda: audit(registry, [site] if site else None, [under] if under else None))


def _audit_choices(_snapshot: Snapshot, settings: Settings) -> Choices:
    registry = Registry.load(settings.policies)
    return {"site": sorted(registry.sites), "under": [*sorted(set(registry.jurisdictions) - {DEFAULT}), DEFAULT]}


def _rules(asked: Asked) -> Built:
    rows = asked.snapshot.rows("rules", {})
    unsure = asked.snapshot.rows("undecidable", {}) if asked.snapshot.holds("undecidable") else None
    cases: dict[str, list[Row]] = {}
    for case in asked.snapshot.rows("rule_cases", {}):
        cases.setdefault(case["rule_id"], []).append(case)
    titles = {row["rule_id"]: row["title"] for row in rows}
    return Built({"rows": rows, "cases": cases, "titles": titles, "undecidable": unsure})


INVENTORY = Page(
    "inventory", "/inventory", filters.INVENTORY, _inventory, needs=("inventory",), choices=_inventory_choices
)
AUDIT = Page("audit", "/audit", ("site", "under"), _audit, choices=_audit_choices)
RULES = Page("rules", "/rules", (), _rules)
