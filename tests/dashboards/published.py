"""Snapshots to look at: the published relations, written from rows as a refresh would publish them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

COLUMNS = {
    "opt_in_daily": "date date, site varchar, platform varchar, region varchar, banner_id varchar,"
    " banner_version varchar, variant varchar, category varchar, shown bigint, choices bigint, asked bigint,"
    " granted bigint, denied bigint, opt_in_rate double, consent_rate double, impressions_missing boolean",
    "prompts_daily": "date date, site varchar, platform varchar, region varchar, banner_id varchar,"
    " banner_version varchar, variant varchar, shown bigint, choices bigint, accept_all bigint, reject_all bigint,"
    " save bigint, dismissed bigint, no_choice bigint, withdrawals bigint, interaction_rate double,"
    " accept_all_rate double, decision_ms_p50 double, decision_ms_p90 double, impressions_missing boolean",
    "findings": "finding_id varchar, rule_id varchar, kind varchar, severity varchar, jurisdiction varchar,"
    " site varchar, subject varchar, item varchar, first_seen timestamp, last_seen timestamp, occurrences bigint,"
    " observed varchar, allowed varchar, evidence varchar, citation varchar, status varchar",
    "expiry_forecast": "date date, site varchar, jurisdiction varchar, category varchar, expiring bigint",
    "data_quality_daily": "date date, site varchar, received bigint, accepted bigint, quarantined bigint,"
    " duplicates bigint, bots bigint, clock_skewed bigint, late bigint, impressions_missing boolean",
    "quarantine_summary": "date date, reason varchar, records bigint, first_offset bigint, last_offset bigint",
    "rules": "rule_id varchar, rule_case varchar, title varchar, description varchar, severity varchar,"
    " binding boolean, evidence varchar, citation varchar, limits varchar",
    "sites": "site varchar, name varchar, controller varchar, contact varchar, jurisdiction varchar",
    "meta": "as_of timestamp, published_at timestamp, newest_event timestamp, newest_received timestamp,"
    " events bigint, schema_version varchar, product_version varchar",
}


def publish(path: Path, relations: Mapping[str, Iterable[tuple[Any, ...]]]) -> Path:
    """Write a snapshot; relations that are not given are empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        for name, columns in COLUMNS.items():
            connection.execute(f"create table {name} ({columns})")
            rows = list(relations.get(name, ()))
            if rows:
                marks = ", ".join("?" * len(rows[0]))
                connection.begin()
                connection.executemany(f"insert into {name} values ({marks})", rows)
                connection.commit()
    return path


def opt_in(
    day: date, site: str, category: str, shown: int, choices: int, asked: int, granted: int, **dimensions: str
) -> tuple[Any, ...]:
    """One row of opt_in_daily; its rates follow from its counts."""
    missing = choices > shown
    return (
        day, site, *_dimensions(dimensions), category, shown, choices, asked, granted, asked - granted,
        None if missing or not shown else granted / shown, granted / asked if asked else None, missing,
    )  # fmt: skip


def prompts(
    day: date, site: str, shown: int, accept_all: int, reject_all: int, save: int, **dimensions: str
) -> tuple[Any, ...]:
    """One row of prompts_daily; what can be counted from the rest is."""
    choices = accept_all + reject_all + save
    missing = choices > shown
    return (
        day, site, *_dimensions(dimensions), shown, choices, accept_all, reject_all, save, shown // 20,
        None if missing else shown - choices, save // 4, None if missing or not shown else choices / shown,
        accept_all / choices if choices else None, 3200.0, 9800.0, missing,
    )  # fmt: skip


def finding(finding_id: str, rule_id: str, severity: str, site: str, **others: Any) -> tuple[Any, ...]:
    """One row of findings; a violation in the EU of one person, unless told otherwise."""
    seen = others.get("seen", datetime(2026, 11, 14, 9, 30))
    return (
        finding_id, rule_id, others.get("kind", "violation"), severity, others.get("jurisdiction", "EU"), site,
        others.get("subject", ""), others.get("item", "_fbp"), seen, seen, others.get("occurrences", 1),
        others.get("observed", "an observation"), others.get("allowed", "a limit"),
        json.dumps(others.get("evidence", [{"topic": "consent.events", "partition": 0, "offset": 42}])),
        others.get("citation", "ePrivacy 5(3)"), others.get("status", "open"),
    )  # fmt: skip


def rule(rule_id: str, title: str, severity: str, evidence: str = "S") -> tuple[Any, ...]:
    """One row of rules."""
    return (rule_id, "", title, f"What {title.lower()} means.", severity, True, evidence, "ePrivacy 5(3)", "0")


def meta(as_of: datetime, events: int = 1000) -> tuple[Any, ...]:
    """The row of meta."""
    return (as_of, as_of, as_of, as_of, events, "1", "0.1.0")


def _dimensions(given: Mapping[str, str]) -> tuple[str, ...]:
    defaults = {"platform": "web", "region": "NO", "banner_id": "main", "banner_version": "3", "variant": "a"}
    return tuple({**defaults, **given}[name] for name in defaults)
