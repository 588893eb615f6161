"""The policies as tables of the schema `policy`, for the models and rules to join."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from consent.metrics import Metric
from consent.policy_models import Rule
from consent.site_tables import TABLES as SITE_TABLES
from consent.site_tables import site_rows

if TYPE_CHECKING:
    import duckdb

    from consent.policies import Registry

Row = tuple[Any, ...]

TABLES = {
    "categories": "name varchar, category varchar",
    "purpose_terms": "term varchar, category varchar",
    "jurisdictions": "jurisdiction varchar, name varchar, regime varchar",
    "regions": "region varchar, jurisdiction varchar",
    "limits": "jurisdiction varchar, limit_name varchar, value interval, longest_s bigint, binding boolean,"
    " evidence varchar, citation varchar, effective_from date",
    "duties": "jurisdiction varchar, duty varchar, binding boolean, evidence varchar, citation varchar,"
    " effective_from date",
    "rules": "rule_id varchar, rule_case varchar, title varchar, description varchar, severity varchar,"
    " binding boolean, evidence varchar, citation varchar",
    "metrics": "place integer, name varchar, title varchar, description varchar, unit varchar, numerator varchar,"
    " denominator varchar, formula varchar, excludes varchar, source varchar, relation varchar, null_when varchar,"
    " presets varchar[]",
    **SITE_TABLES,
}


def write(registry: Registry, con: duckdb.DuckDBPyConnection) -> None:
    """(Re)create the tables with the registry's rows; other tables of the schema are left alone."""
    rows = {
        "categories": iter(registry.categories.meaning.items()),
        "purpose_terms": ((t, p.category) for p in registry.categories.purpose_terms for t in p.terms),
        "jurisdictions": ((code, j.name, j.regime) for code, j in registry.jurisdictions.items()),
        "regions": ((region, code) for code, j in registry.jurisdictions.items() for region in j.regions),
        "limits": _limits(registry),
        "duties": (
            (code, name, duty.binding, duty.evidence, duty.citation, duty.effective_from)
            for code, j in registry.jurisdictions.items()
            for name, duty in j.duties.items()
        ),
        "rules": (row for rule_id, rule in registry.rules.items() for row in _rule(rule_id, rule)),
        "metrics": ((place, *_metric(metric)) for place, metric in enumerate(registry.metrics, start=1)),
        **site_rows(registry),
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


def _limits(registry: Registry) -> Iterator[Row]:
    for code, jurisdiction in registry.jurisdictions.items():
        for name, versions in jurisdiction.limits.items():
            for limit in versions:
                longest = limit.value.longest_seconds if limit.value else None
                value = limit.value.interval if limit.value else None
                yield code, name, value, longest, limit.binding, limit.evidence, limit.citation, limit.effective_from


def _rule(rule_id: str, rule: Rule) -> Iterator[Row]:
    whole = ("title", "description", "severity", "binding", "evidence", "citation")
    yield rule_id, "", *(getattr(rule, name) for name in whole)
    for case, other in rule.cases.items():
        given = other.model_dump(exclude_none=True)
        yield rule_id, case, *(given.get(name, getattr(rule, name)) for name in whole)


def _metric(metric: Metric) -> Row:
    return (
        metric.name,
        metric.title,
        metric.description,
        metric.unit,
        metric.numerator.text,
        metric.denominator.text if metric.denominator else None,
        metric.formula,
        metric.excludes,
        metric.source,
        metric.over,
        metric.null_when.text if metric.null_when else None,
        list(metric.presets),
    )
