"""The policies as tables of the schema `policy`, for the models and rules to join."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from consent.durations import Duration
from consent.policy_models import Rule

if TYPE_CHECKING:
    import duckdb

    from consent.policies import Registry

Row = tuple[Any, ...]

TABLES = {
    "sites": "site varchar, name varchar, controller varchar, contact varchar, jurisdiction varchar,"
    " consent_validity interval, proof_retention interval, withdrawal varchar, baseline_variant varchar",
    "storage_items": "site varchar, row_no integer, line integer, name varchar, name_regex varchar, type varchar,"
    " domain varchar, provider varchar, party varchar, category varchar, lifetime varchar, lifetime_kind varchar,"
    " lifetime_longest_s bigint, purpose varchar",
    "providers": "site varchar, provider varchar, sets_storage boolean",
    "versions": "site varchar, policy_version varchar, effective_from timestamp, material boolean",
    "planned_split": "site varchar, variant varchar, weight integer",
    "categories": "name varchar, category varchar",
    "purpose_terms": "term varchar, category varchar",
    "jurisdictions": "jurisdiction varchar, name varchar, regime varchar",
    "regions": "region varchar, jurisdiction varchar",
    "limits": "jurisdiction varchar, limit_name varchar, value interval, longest_s bigint, binding boolean,"
    " evidence varchar, citation varchar, effective_from date",
    "rules": "rule_id varchar, rule_case varchar, title varchar, description varchar, severity varchar,"
    " binding boolean, evidence varchar, citation varchar",
}


def write(registry: Registry, con: duckdb.DuckDBPyConnection) -> None:
    """(Re)create the tables with the registry's rows; other tables of the schema are left alone."""
    rows = {
        "sites": _sites(registry),
        "storage_items": _storage_items(registry),
        "providers": ((s.site, p.name, p.sets_storage) for s in registry.sites.values() for p in s.providers),
        "versions": (
            (s.site, v.version, v.effective_from, v.material) for s in registry.sites.values() for v in s.versions
        ),
        "planned_split": ((s.site, v, w) for s in registry.sites.values() for v, w in s.planned_split.items()),
        "categories": iter(registry.categories.meaning.items()),
        "purpose_terms": ((t, p.category) for p in registry.categories.purpose_terms for t in p.terms),
        "jurisdictions": ((code, j.name, j.regime) for code, j in registry.jurisdictions.items()),
        "regions": ((region, code) for code, j in registry.jurisdictions.items() for region in j.regions),
        "limits": _limits(registry),
        "rules": (row for rule_id, rule in registry.rules.items() for row in _rule(rule_id, rule)),
    }
    con.execute("create schema if not exists policy")
    for table, columns in TABLES.items():
        con.execute(f"create or replace table policy.{table} ({columns})")
        _insert(con, table, list(rows[table]))


def _insert(con: duckdb.DuckDBPyConnection, table: str, rows: list[Row]) -> None:
    if rows:  # one statement: a statement a row would take a second for a thousand
        one = f"({', '.join('?' * len(rows[0]))})"
        values = ", ".join([one] * len(rows))
        con.execute(f"insert into policy.{table} values {values}", [value for row in rows for value in row])  # noqa: S608


def _interval(duration: Duration | None) -> str | None:
    return duration.interval if duration else None


def _sites(registry: Registry) -> Iterator[Row]:
    for site in registry.sites.values():
        yield (
            site.site,
            site.name,
            site.controller,
            site.contact,
            site.jurisdiction,
            _interval(site.consent_validity),
            _interval(site.proof_retention),
            site.withdrawal,
            site.baseline_variant,
        )


def _storage_items(registry: Registry) -> Iterator[Row]:
    meaning = registry.categories.meaning
    for site in registry.sites.values():
        for place, item in enumerate(site.storage):
            lifetime = item.lifetime
            yield (
                site.site,
                place + 1,
                registry.line_of_item(site.site, place),
                item.name,
                item.name_regex,
                item.type,
                item.domain,
                item.provider,
                item.party,
                meaning[item.category] if item.category else None,
                lifetime.text if lifetime else None,
                lifetime.kind if lifetime else None,
                lifetime.duration.longest_seconds if lifetime and lifetime.duration else None,
                item.purpose,
            )


def _limits(registry: Registry) -> Iterator[Row]:
    for code, jurisdiction in registry.jurisdictions.items():
        for name, versions in jurisdiction.limits.items():
            for limit in versions:
                longest = limit.value.longest_seconds if limit.value else None
                value = _interval(limit.value)
                yield code, name, value, longest, limit.binding, limit.evidence, limit.citation, limit.effective_from


def _rule(rule_id: str, rule: Rule) -> Iterator[Row]:
    whole = ("title", "description", "severity", "binding", "evidence", "citation")
    yield rule_id, "", *(getattr(rule, name) for name in whole)
    for case, other in rule.cases.items():
        given = other.model_dump(exclude_none=True)
        yield rule_id, case, *(given.get(name, getattr(rule, name)) for name in whole)
