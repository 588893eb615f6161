"""Each file of histories/ tells what happened, event by event, and every finding that follows: no more, no fewer.

A history's keys: `about` (what it shows), `as_of` (a time in UTC), `sites` (declarations as in policies/sites; none:
SHOP), `events`, `requests` (rows of the log of people's requests), `purges` (rows of what purges did), `expect` (one
mapping per finding of any rule, with `rule` for its id; only the keys it names are compared) and `undecidable` (rule:
how often it could not judge; only the rules it names are compared). Of an event: `at` and `received` (times with an
offset; a date is midnight, and without an offset it is UTC), `grants` (all, none or a list of categories) for its
categories, and the contract's fields.
What is left out comes from DEFAULTS. Every history is a site of its own, whatever it calls it.
 A file is named after the rule it is about.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from consent.build import build, set_run
from consent.models import Statement, all_models, statements
from consent.warehouse import create_schema
from dashboards.phrases import fits
from dashboards.shapes import UNDECIDED
from ingestion.decoder import Decoder
from tests.rules.test_scenarios import policies
from tests.sql.build import NAMES, batch

HERE = Path(__file__).parent
HISTORIES = sorted((HERE / "histories").glob("*.yaml"))
OPTIONAL = ("functionality", "performance", "marketing")
TEXT = "a" * 64
FOUND, UNDECIDABLE = "staging.findings_now", "marts.undecidable"
NAMED = {"rule": "rule_id"}
SHOP = {
    "site": "shop", "controller": "Shop AS", "contact": "post@shop.example", "jurisdiction": "NO",
    "storage": [
        {"name": "sid", "category": "necessary", "lifetime": "session", "provider": "Shop", "purpose": "The basket"},
        {"name": "_lang", "category": "functionality", "lifetime": "P3M", "provider": "Shop", "purpose": "Language"},
        {"name": "_stat", "category": "performance", "lifetime": "P3M", "provider": "Metrico", "purpose": "Counts"},
        {"name": "_ads", "category": "marketing", "lifetime": "P3M", "provider": "Adwell", "purpose": "Adverts"},
    ],
}  # fmt: skip
BANNER = {"id": "main", "version": "1"}
DEFAULTS: dict[str, dict[str, Any]] = {
    "impression": {"banner": BANNER},
    "dismissal": {"banner": BANNER},
    "decision": {"banner": BANNER, "notice_hash": TEXT, "action": "save"},
    "replay": {}, "reopen": {}, "observation": {},
}  # fmt: skip


def load(path: Path) -> dict[str, Any]:
    history = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert set(history) <= {"about", "as_of", "sites", "events", "requests", "purges", "expect", "undecidable"}, (
        path.name
    )
    return dict(history)


def rule_of(path: Path) -> str:
    return path.stem.partition("__")[0]


def moment(value: Any) -> datetime:
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def event(number: int, told: dict[str, Any], site: str) -> bytes:
    at = moment(told["at"])
    whole: dict[str, Any] = {
        "schema_version": 1,
        "event_id": str(uuid.UUID(int=number + 1)),
        "occurred_at": at.isoformat(),
    }
    whole["received_at"] = (moment(told["received"]) if "received" in told else at + timedelta(seconds=1)).isoformat()
    whole |= {"site": site, "subject": "visitor-anna", **DEFAULTS[told["kind"]]}
    if "grants" in told:
        granted = {"all": OPTIONAL, "none": ()}.get(str(told["grants"]), told["grants"])
        whole["categories"] = {"necessary": True} | {category: category in granted for category in OPTIONAL}
    whole |= {key: value for key, value in told.items() if key not in ("at", "received", "grants")}
    return json.dumps({key: value for key, value in whole.items() if value != "left out"}).encode()


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Of each history its findings and what was undecidable. Those of one time share a warehouse, each as a site."""
    by_time: dict[datetime, list[Path]] = {}
    for path in HISTORIES:
        by_time.setdefault(moment(load(path)["as_of"]), []).append(path)
    told: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for as_of, paths in by_time.items():
        with Decoder() as decoder:
            con = decoder.connection
            create_schema(con)
            give(decoder, paths, as_of)
            sites = [site | {"site": path.stem} for path in paths for site in load(path).get("sites", [SHOP])]
            policies(tmp_path_factory.mktemp("policies"), sites).write(con)
            set_run(con, as_of.replace(tzinfo=None))
            for model in needed():
                build(con, model)
            for path in paths:
                told[path.stem] = {
                    relation: rows(con, f"select * from {relation} where site = '{path.stem}' order by rule_id")
                    for relation in (FOUND, UNDECIDABLE)
                }
    return told


def needed() -> list[Statement]:
    return [model for model in all_models() if model.folder != "marts" or model.relation == UNDECIDABLE]


def give(decoder: Decoder, paths: list[Path], as_of: datetime) -> None:
    """The events, requests and purges of histories, each under a site of its own."""
    events = [(path.stem, told) for path in paths for told in load(path).get("events", [])]
    values = [event(number, told, site) for number, (site, told) in enumerate(events)]
    decoder.decode(batch(values, int(as_of.timestamp() * 1000)))
    assert decoder.reasons() == [None] * len(values)
    con = decoder.connection
    con.execute(f"insert into raw.events select {NAMES} from decoded")
    for path in paths:
        for request in load(path).get("requests", []):
            insert(con, "raw.requests", {"request_id": "r-1", "kind": "erase", "site": path.stem} | request)
        for purge in load(path).get("purges", []):
            insert(con, "raw.purges", {"site": path.stem, "relation": "decisions", "refused": False} | purge)


def insert(con: duckdb.DuckDBPyConnection, table: str, row: dict[str, Any]) -> None:
    texts = [str(value) for value in row.values()]
    con.execute(f"insert into {table} ({', '.join(row)}) values ({', '.join('?' * len(row))})", texts)


def rows(con: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    cursor = con.execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.mark.parametrize("path", HISTORIES, ids=lambda path: path.stem)
def test_a_history_leads_to_these_findings_and_no_other(path: Path, outcomes: dict[str, Any]) -> None:
    history, found = load(path), outcomes[path.stem][FOUND]
    expected = sorted(history["expect"], key=lambda finding: finding["rule"])
    told = [(finding["rule_id"], finding["item"], finding["observed"]) for finding in found]
    assert [finding["rule_id"] for finding in found] == [finding["rule"] for finding in expected], told
    unmatched = list(found)
    for want in expected:
        match = next((f for f in unmatched if all(str(f[NAMED.get(k, k)]) == str(v) for k, v in want.items())), None)
        assert match is not None, (want, told)
        unmatched.remove(match)
        assert match["citation"].endswith("]") or "site's own" in match["allowed"]
        assert 1 <= len(json.loads(match["evidence"])) <= 3
        assert fits(match["observed"]), "dashboards/shapes.py lacks its shape"
        assert fits(match["allowed"]), "dashboards/shapes.py lacks its shape"
    counted = Counter[str]()
    for row in outcomes[path.stem][UNDECIDABLE]:
        counted[row["rule_id"]] += row["undecidable"]
        assert fits(row["why"], UNDECIDED), "dashboards/shapes.py lacks its shape"
    for rule, times in history.get("undecidable", {}).items():
        assert counted[rule] == times, (rule, counted)


def test_there_is_a_history_that_hits_and_one_that_does_not_for_each_newer_rule() -> None:
    older = {path.stem.partition("__")[0] for path in (HERE / "scenarios").glob("*.yaml")}
    hit = {(finding["rule"], True) for path in HISTORIES for finding in load(path)["expect"]}
    missed = {
        (rule_of(path), False)
        for path in HISTORIES
        if rule_of(path) not in {finding["rule"] for finding in load(path)["expect"]}
    }
    for rule in {rule.name for rule in statements("rules")} - older:
        assert (rule, True) in hit, f"{rule}: no history in which it finds something"
        assert (rule, False) in missed, f"{rule}: no history of its own in which it finds nothing"


def test_every_history_says_what_it_shows() -> None:
    rules = {rule.name for rule in statements("rules")}
    for path in HISTORIES:
        assert len(load(path)["about"]) > 30, path.name
        assert rule_of(path) in rules, path.name
