"""Each file of scenarios/ gives rows of the staging tables and the hits they must make: no more, no fewer.

A scenario's keys: `about` (what it shows), `rule`, `as_of`, `sites` (declarations as in policies/sites; none: a site
`shop` in NO), `given` (rows by table; what a row leaves out comes from DEFAULTS) and `expect` (one mapping per hit;
only the columns it names are compared). Rules run twice and must find the same.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from consent.build import build, set_run
from consent.changes import SUBJECT_KEY
from consent.models import all_models, statement, statements
from consent.policies import Registry
from consent.settings import ROOT
from consent.warehouse import create_schema, in_utc
from dashboards.phrases import fits

HERE = Path(__file__).parent
SCENARIOS = sorted((HERE / "scenarios").glob("*.yaml"))
POSITION = 'topic varchar, partition integer, "offset" bigint'
KEY = f"subject_key uhugeint generated always as ({SUBJECT_KEY})"
# as staging.category_sets tells it: more is granted than the necessary
HAS_GRANT = "list_sum(map_values(categories)::integer[]) > coalesce(categories['necessary']::integer, 0)"
TABLES = {
    "events": f"date date, kind varchar, event_time timestamp, site varchar, subject varchar, jurisdiction varchar,"
    f" banner_id varchar, categories map(varchar, boolean), has_grant boolean generated always as ({HAS_GRANT}),"
    f" {POSITION}, {KEY}",
    "decisions": f"site varchar, subject varchar, jurisdiction varchar, decided_at timestamp,"
    f" next_decided_at timestamp, action varchar, categories map(varchar, boolean), valid_until timestamp,"
    f" validity_source varchar, validity_binding boolean, validity_citation varchar, {POSITION}, {KEY}",
    "storage_observed": f"site varchar, subject varchar, jurisdiction varchar, event_time timestamp, name varchar,"
    f" type varchar, domain varchar, party varchar, lifetime_s bigint, category varchar, has_inventory boolean,"
    f" is_declared boolean, declared_kind varchar, declared_longest_s bigint, {POSITION}, {KEY}",
}
# What the models between rules and these tables read; a decision of a scenario is no event of its own.
FACTS = """
    create or replace view staging.facts as
    select site, subject_key, kind, event_time, "date", jurisdiction as context_id from staging.events
    union all
    select site, subject_key, 'decision', decided_at, null, null from staging.decisions
"""
CONTEXTS = """
    create or replace view staging.contexts as
    select distinct context_id, context_id as jurisdiction from staging.facts
"""
PERSON = {"site": "shop", "subject": "subject-1", "jurisdiction": "NO", "topic": "consent.events", "partition": 0}
DEFAULTS: dict[str, dict[str, Any]] = {
    "events": PERSON | {"banner_id": "main"},
    "decisions": PERSON | {"action": "save", "validity_source": "default", "validity_binding": False},
    "storage_observed": PERSON | {"type": "cookie", "has_inventory": True, "is_declared": True},
}
SHOP = {"site": "shop", "controller": "Shop AS", "contact": "post@shop.example", "jurisdiction": "NO"}


def load(path: Path) -> dict[str, Any]:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # every scalar stays text


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with in_utc(duckdb.connect()) as connection:
        create_schema(connection)
        yield connection


def policies(folder: Path, sites: list[dict[str, Any]]) -> Registry:
    (folder / "sites").mkdir()
    for name in ("categories.yaml", "rules.yaml"):
        shutil.copy(ROOT / "policies" / name, folder)
    shutil.copy(HERE / "jurisdictions.yaml", folder)
    for site in sites:
        (folder / "sites" / f"{site['site']}.yaml").write_text(yaml.safe_dump(site), encoding="utf-8")
    return Registry.load(folder)


def give(con: duckdb.DuckDBPyConnection, given: dict[str, list[dict[str, Any]]]) -> None:
    place = 0
    for table, columns in TABLES.items():
        con.execute(f"create or replace table staging.{table} ({columns})")
        for row in given.get(table, []):
            place += 1
            whole = {name: cell(value) for name, value in (DEFAULTS[table] | {"offset": place} | row).items()}
            names = ", ".join(f'"{name}"' for name in whole)
            con.execute(
                f"insert into staging.{table} ({names}) values ({', '.join('?' * len(whole))})", [*whole.values()]
            )
    con.execute(FACTS)
    con.execute(CONTEXTS)


def cell(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: flag == "true" for name, flag in value.items()}
    return None if value == "" else value


def hits(con: duckdb.DuckDBPyConnection, rule: str) -> list[dict[str, Any]]:
    for relation in ("staging.limits", "staging.jurisdictions_daily", "staging.scope", "staging.first_choices"):
        con.execute(f"create or replace table {relation} as {statement(relation).text}")
    con.execute("delete from rules.hits")
    con.execute(f"insert into rules.hits select '{rule}', * from ({statement(f'rules.{rule}').text}\n)")
    con.execute(f"create or replace table staging.findings_now as {statement('staging.findings_now').text}")
    found = con.execute(
        """
        select findings.*
        from staging.findings_now as findings
        inner join (select distinct rule_id, site, jurisdiction, item, rule_case from rules.hits) as hits
            on findings.finding_id
            = md5(concat_ws('|', hits.rule_id, hits.site, hits.jurisdiction, hits.item, hits.rule_case))
        order by findings.site, findings.jurisdiction, findings.item, hits.rule_case
        """
    )
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_a_rule_finds_what_the_scenario_says_and_nothing_else(
    path: Path, tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    scenario = load(path)
    assert path.stem.startswith(scenario["rule"])
    policies(tmp_path, scenario.get("sites", [SHOP])).write(con)
    give(con, scenario.get("given", {}))
    con.execute(
        "insert into staging.run (as_of, jurisdictions) values (?, null)",
        [scenario.get("as_of", "2026-06-01 00:00:00")],
    )
    first, second = hits(con, scenario["rule"]), hits(con, scenario["rule"])
    assert first == second
    expected = scenario["expect"]
    seen = [{name: str(hit[name]) for name in want} for hit, want in zip(first, expected, strict=False)]
    assert seen == expected
    assert len(first) == len(expected), first
    for hit in first:
        assert 1 <= len(json.loads(hit["evidence"])) <= 3
        assert hit["citation"].endswith("]") or "site's own" in hit["allowed"]
        assert fits(hit["observed"]), "dashboards/shapes.py lacks its shape"
        assert fits(hit["allowed"]), "dashboards/shapes.py lacks its shape"


def test_every_rule_is_described_and_has_a_hit_and_a_miss() -> None:
    described = set(Registry.load(ROOT / "policies").rules)
    assert {rule.name for rule in statements("rules")} == described
    outcomes = {(scenario["rule"], bool(scenario["expect"])) for scenario in map(load, SCENARIOS)}
    tried = {rule for rule, _ in outcomes}  # the others have histories, which test_histories.py counts
    assert outcomes == {(rule, outcome) for rule in tried for outcome in (True, False)}


def test_rules_have_the_shape_of_a_hit_and_are_quiet_about_nothing(con: duckdb.DuckDBPyConnection) -> None:
    Registry.load(ROOT / "policies").with_site_files([]).write(con)
    set_run(con, datetime(2026, 6, 1))
    for model in all_models():
        build(con, model)
    assert con.execute("select distinct rule_id from rules.hits").fetchall() == []
    types = con.execute("select column_name, column_type from (describe rules.hits)").fetchall()
    for rule in statements("rules"):
        found = con.execute(f"select column_name, column_type from (describe {rule.text})").fetchall()
        assert found == types[1:], rule.name
        assert rule.title
        assert rule.grain == ["site", "jurisdiction", "item", "rule_case", "date"]
        assert rule.owner == "compliance"


def test_limits_fall_back_to_the_default_and_change_on_their_day(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    policies(tmp_path, [SHOP]).write(con)
    con.execute("create table staging.jurisdictions_daily (site varchar, jurisdiction varchar)")

    def limit(code: str, name: str, day: str) -> tuple[Any, ...] | None:
        con.execute("delete from staging.run")
        con.execute("insert into staging.run (as_of, jurisdictions) values (?, null)", [day])
        con.execute(f"create or replace table staging.limits as {statement('staging.limits').text}")
        return con.execute(
            "select value::varchar, binding, citation, is_default from staging.limits"
            " where jurisdiction = ? and limit_name = ?",
            [code, name],
        ).fetchone()

    assert limit("FR", "consent_validity", "2026-06-01") == ("6 months", False, "Good practice", False)
    assert limit("NO", "consent_validity", "2026-06-01") == ("1 year", False, "Own default", True)
    assert limit("default", "consent_validity", "2026-06-01") == ("1 year", False, "Own default", True)
    assert limit("DE", "consent_validity", "2026-06-30 23:59:59") == ("1 year", False, "Own default", True)
    assert limit("DE", "consent_validity", "2026-07-01") == ("1 year", True, "A new law", False)
    assert limit("NO", "reask_floor", "2026-06-01") == (None, False, "No number", False)
    assert limit("DE", "reask_floor", "2026-06-01") is None


def test_scope_is_the_sites_own_and_the_visitors_or_what_an_audit_names(
    tmp_path: Path, con: duckdb.DuckDBPyConnection
) -> None:
    policies(tmp_path, [SHOP, {"site": "nowhere"}]).write(con)
    con.execute(
        "create table staging.jurisdictions_daily as"
        " select * from (values ('shop', 'FR'), ('other', 'DE')) as given (site, jurisdiction)"
    )

    def scope(jurisdictions: list[str] | None) -> list[Any]:
        con.execute("delete from staging.run")
        con.execute("insert into staging.run (as_of, jurisdictions) values ('2026-06-01', ?)", [jurisdictions])
        return con.execute(f"select * from ({statement('staging.scope').text}) order by all").fetchall()

    assert scope(None) == [
        ("nowhere", "default", True), ("other", "DE", False), ("shop", "FR", False), ("shop", "NO", True)
    ]  # fmt: skip
    assert scope(["FR"]) == [("nowhere", "FR", False), ("shop", "FR", False)]
