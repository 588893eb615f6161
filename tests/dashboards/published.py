"""Snapshots to look at: the published relations, written from rows as a refresh would publish them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

ADDRESS = "http://127.0.0.1:8050"  # where the app answers: it knows no other name

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
    " observed varchar, allowed varchar, evidence varchar, citation varchar, status varchar, rule_case varchar",
    "expiry_forecast": "date date, site varchar, jurisdiction varchar, category varchar, expiring bigint",
    "data_quality_daily": "date date, site varchar, received bigint, accepted bigint, quarantined bigint,"
    " duplicates bigint, bots bigint, clock_skewed bigint, late bigint, impressions_missing boolean,"
    " unknown_site bigint, unknown_category bigint, unknown_region bigint, newest_event timestamp,"
    " newest_received timestamp",
    "data_quality_issues": "date date, site varchar, issue varchar, value varchar, records bigint",
    "quarantine_summary": "date date, reason varchar, records bigint, first_offset bigint, last_offset bigint",
    "rules": "rule_id varchar, rule_case varchar, title varchar, description varchar, severity varchar,"
    " binding boolean, evidence varchar, citation varchar, limits varchar",
    "sites": "site varchar, name varchar, controller varchar, contact varchar, jurisdiction varchar",
    "consent_current": "site varchar, subject varchar, jurisdiction varchar, decided_at timestamp, action varchar,"
    " method varchar, categories map(varchar, boolean), banner_version varchar, policy_version varchar,"
    " valid_until timestamp, validity_source varchar, state varchar",
    "limits": "jurisdiction varchar, limit_name varchar, value interval, longest_s bigint, binding boolean,"
    " evidence varchar, citation varchar, is_default boolean",
    "experiments": "site varchar, banner_id varchar, category varchar, variant varchar, shown bigint, granted bigint,"
    " opt_in_rate double, ci_low double, ci_high double, baseline varchar, lift double, p_value double,"
    " sample_ratio_p double, verdict varchar, lift_low double, lift_high double, sequential_p double,"
    " sequential_verdict varchar, guardrails varchar, sentence varchar",
    "funnel_daily": "date date, site varchar, platform varchar, region varchar, banner_id varchar,"
    " banner_version varchar, variant varchar, layer varchar, shown bigint, interacted bigint, chose bigint,"
    " granted_any bigint, granted_all bigint",
    "coverage_daily": "date date, site varchar, platform varchar, region varchar, category varchar, replays bigint,"
    " consented bigint",
    "inventory": "site varchar, name varchar, type varchar, domain varchar, party varchar, provider varchar,"
    " declared_category varchar, observed_category varchar, declared_lifetime varchar, observed_lifetime_s bigint,"
    " first_seen timestamp, last_seen timestamp, observations bigint, status varchar",
    "undecidable": "rule_id varchar, site varchar, jurisdiction varchar, why varchar, undecidable bigint",
    "finding_history": 'finding_id varchar, "at" timestamp, event varchar, "by" varchar, until date, why varchar',
    "alerts": "alert_id varchar, kind varchar, severity varchar, site varchar, metric varchar, category varchar,"
    " date date, value double, expected double, expected_low double, expected_high double, prompts bigint,"
    " drivers varchar, message varchar, first_seen date, last_seen date, status varchar, dimension varchar,"
    " segment varchar, link varchar",
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
        others.get("citation", "ePrivacy 5(3)"), others.get("status", "open"), others.get("rule_case", ""),
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


CRITICAL = "c0ffee00c0ffee00c0ffee00c0ffee00"  # a finding that concerns SUBJECT
SUBJECT = "subject_never_shown_42"
SCRIPT = "<script>alert(1)</script>"
WEEKS = (date(2026, 11, 2), date(2026, 11, 15))


def two_weeks(path: Path) -> Path:
    """Counts that can be checked by hand, as of the midnight that ends 15 November 2026.

    a.example: 100 prompts and 60 choices a day; marketing granted 30 times a day in the first week, 40 in the
    second. SCRIPT: 900 prompts on the last day, 90 granted. gap.example: 10 prompts, 20 choices, 15 granted.
    """
    days = [date(2026, 11, day) for day in range(2, 16)]
    last = days[-1]
    necessary = [opt_in(day, "a.example", "necessary", 100, 60, 60, 60) for day in days]
    marketing = [opt_in(day, "a.example", "marketing", 100, 60, 60, 30 if day.day < 9 else 40) for day in days]
    others = [
        opt_in(last, SCRIPT, "marketing", 900, 200, 200, 90, banner_version="=1+1", platform="ios", region=""),
        opt_in(last, SCRIPT, "necessary", 900, 200, 200, 200, banner_version="=1+1", platform="ios", region=""),
        opt_in(last, "gap.example", "marketing", 10, 20, 20, 15),
        opt_in(last, "gap.example", "necessary", 10, 20, 20, 20),
    ]
    seen = datetime(2026, 11, 14, 9, 30)
    policy = [{"file": "policies/sites/a.yaml", "line": 12, "row": 3}]
    return publish(path, {
        "opt_in_daily": [*necessary, *marketing, *others],
        "prompts_daily": [
            *(prompts(day, "a.example", 100, 40, 15, 5) for day in days),
            prompts(last, SCRIPT, 900, 90, 100, 10, banner_version="=1+1", platform="ios", region=""),
            prompts(last, "gap.example", 10, 15, 5, 0),
        ],
        "findings": [
            finding(CRITICAL, "storage_after_refusal", "critical", "a.example", subject=SUBJECT,
                    observed=f"written for {SUBJECT}", item=f"_fbp of {SUBJECT}"),
            finding("f-low", "lifetime_over_cap", "low", "a.example", kind="guideline_exceedance",
                    jurisdiction="FR", evidence=policy, observed="10 years", allowed="13 months"),
            finding("f-script", "lifetime_over_cap", "low", SCRIPT, item="<img src=x>"),
            finding("f-closed", "lifetime_over_cap", "low", "a.example", status="resolved"),
        ],
        "rules": [
            rule("storage_after_refusal", "Storage after a refusal", "critical", "Q"),
            rule("lifetime_over_cap", "Lifetime over the cap", "low"),
        ],
        "expiry_forecast": [
            (date(2026, 11, 20), "a.example", "EU", "marketing", 3),
            (date(2026, 12, 15), "a.example", "EU", "marketing", 5),
            (date(2026, 12, 16), "a.example", "EU", "marketing", 7),
            (date(2027, 3, 1), "a.example", "EU", "marketing", 99),
        ],
        "data_quality_daily": [
            (last, "a.example", 200, 200, 0, 4, 10, 1, 2, False, 0, 6, 7, *2 * (datetime(2026, 11, 15, 21),)),
            (last, "gap.example", 40, 40, 0, 0, 0, 0, 0, True, 40, 0, 0, *2 * (datetime(2026, 11, 13),)),
            (last, "", 5, 0, 5, 0, 0, 0, 0, False, 0, 0, 0, None, None),
        ],
        "data_quality_issues": [
            (last, "a.example", "unknown_category", "adverts", 6),
            (last, "a.example", "unknown_region", "XX", 7),
            (last, "gap.example", "unknown_site", "gap.example", 40),
        ],
        "quarantine_summary": [(last, "occurred_at: no offset", 5, 100, 1400)],
        "consent_current": [
            ("a.example", SUBJECT, "EU", seen, "accept_all", "explicit", {"marketing": True, "necessary": True}, "3",
             "1", datetime(2026, 12, 20), "limit", "active"),
            ("a.example", "another_subject_7", "EU", datetime(2026, 6, 1), "save", "explicit", {"marketing": True},
             "3", "1", datetime(2027, 6, 1), "limit", "active"),
        ],
        "limits": [
            ("FR", "consent_validity", timedelta(days=180), 15897600, False, "Q", "CNIL 2020-091", False),
            ("default", "consent_validity", timedelta(days=360), 31622400, False, "K", "our own", True),
        ],
        "experiments": [
            ("a.example", "main", "marketing", "a", 700, 210, 0.30, 0.27, 0.33, "a", None, None, 0.8, "no_difference",
             None, None, None, "", "{}", "the baseline"),
            ("a.example", "main", "marketing", "b", 700, 280, 0.40, 0.36, 0.44, "a", 0.333, 0.0001, 0.8, "winner",
             0.2, 0.4, 0.001, "winner", "{}", "b wins"),
        ],
        "funnel_daily": [
            (last, "a.example", "web", "NO", "main", "3", "a", "first", 100, 70, 60, 50, 40),
            (last, "a.example", "web", "NO", "main", "3", "a", "second", 20, 18, 15, 9, 2),
        ],
        "coverage_daily": [
            (last, "a.example", "web", "NO", "marketing", 400, 120),
            (last, "a.example", "web", "NO", "necessary", 400, 400),
        ],
        "inventory": [
            ("a.example", "_fbp", "cookie", "a.example", "third", "Meta", "", "marketing", "", 7776000, seen, seen, 4,
             "undeclared"),
            ("a.example", "session", "cookie", "", "first", "", "necessary", "", "session", None, None, None, 0,
             "declared_not_seen"),
        ],
        "undecidable": [("reask_too_soon", "a.example", "EU", "no prompt carries an id", 12)],
        "finding_history": [
            (CRITICAL, seen, "opened", "", None, ""),
        ],
        "alerts": [
            ("al-1", "rate_drop", "high", "a.example", "opt_in_rate", "marketing", last, 0.2, 0.4, 0.35, 0.45, 100,
             json.dumps([{"dimension": "region", "value": "NO", "mix_effect": 0.01, "rate_effect": -0.2}]),
             "marketing fell", last, last, "open", "", "", "/rates"),
        ],
        "sites": [("quiet.example", "Quiet", "Quiet AS", "", "NO")],
        "meta": [meta(datetime(2026, 11, 16))],
    })  # fmt: skip


def home(folder: Path) -> Path:
    """A home folder with that snapshot behind its link."""
    two_weeks(folder / "snapshots" / "one.duckdb")
    (folder / "snapshot.duckdb").symlink_to(Path("snapshots", "one.duckdb"))
    return folder
