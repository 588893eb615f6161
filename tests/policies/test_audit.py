"""The audit of the two shipped inventories, finding by finding."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from consent.audit import audit
from consent.errors import ConsentError
from consent.policies import Registry
from consent.settings import ROOT

AS_OF = datetime(2026, 11, 22, tzinfo=UTC)
COLUMNS = [
    "finding_id", "rule_id", "kind", "severity", "jurisdiction", "site", "subject", "item", "first_seen", "last_seen",
    "occurrences", "observed", "allowed", "evidence", "citation", "status",
]  # fmt: skip

# What the rules of the catalogue find beyond the list that comes with it, each severe one with its reason.
VIDEONOR = {
    # Accept and Reject decide three purposes at once, "with no choice per category".
    ("bundled_purposes", "banner (row 1)", "high"): "NO",
    # One lifetime cannot be two.
    ("declaration_conflict", "__ab12#", "high"): "NO",
    # No row has a category; these rows lack more beside it.
    **{
        ("declaration_incomplete", item, "high"): "NO"
        for item in (
            "NID", "PHPSESSID", "__ab12#", "__cfduid", "__hssc", "__hssrc", "__hstc", "__ptq.gif", "hubspotutk",
            "unnamed local_storage (row 11)", "viewed_cookie_policy",
        )
    },
    # Ten, five and two years are over 13 months: France's cap, and the default where Norway names none.
    ("lifetime_over_cap", "hubspotutk", "low"): "FR NO",
    ("lifetime_over_cap", "__cfduid", "low"): "FR NO",
    ("lifetime_over_cap", "__hstc", "low"): "FR NO",
    # Two years are what Spain allows; 365 days pass 12 and 13 months.
    ("cookie_outlives_consent", "hubspotutk", "low"): "CZ ES FR IE LU TCF",
    ("cookie_outlives_consent", "__cfduid", "low"): "CZ ES FR IE LU TCF",
    ("cookie_outlives_consent", "__hstc", "low"): "CZ FR IE LU TCF",
    ("cookie_outlives_consent", "viewed_cookie_policy", "low"): "FR IE",
}  # fmt: skip
CP_APP = {
    # Clearing the browser is the only way described to take a consent back.
    ("withdrawal_harder", "withdrawal", "high"): "NO",
    ("declaration_conflict", "VISITOR_INFO1_LIVE", "high"): "NO",  # P6M in one list, P1Y without its name in another
    ("declaration_conflict", "Ajs_user_id", "high"): "NO",  # functionality, for marketing
    ("declaration_conflict", "Ajs_anonymous_id", "medium"): "NO",  # functionality, for analytics
    ("declaration_conflict", "Ajs_group_id", "medium"): "NO",
    ("necessary_miscategorised", "hs_ab_test", "high"): "NO",
    **{
        ("declaration_incomplete", item, "high"): "NO"
        for item in (
            "controller", "contact", "Microsoft Clarity", "VISITOR_INFO1_LIVE", "hs_ab_test", "__hs_do_not_track",
            "__hs_cookie_cat_pref", "Ajs_anonymous_id", "Ajs_group_id", "Ajs_user_id", "unnamed cookie (row 8)",
            "unnamed cookie (row 9)", "unnamed cookie (row 13)", "unnamed cookie (row 14)", "unnamed cookie (row 18)",
        )
    },
    # A year passes 13 months and outlives a French or an Irish consent.
    **{
        ("cookie_outlives_consent", item, "low"): "FR IE"
        for item in ("Ajs_anonymous_id", "Ajs_group_id", "Ajs_user_id", "_lfa", "unnamed cookie (row 18)")
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load(ROOT / "policies")


@pytest.fixture(scope="module")
def findings(registry: Registry) -> list[dict[str, Any]]:
    return audit(registry, as_of=AS_OF)


def summary(findings: list[dict[str, Any]], site: str) -> dict[tuple[str, str, str], str]:
    found: dict[tuple[str, str, str], list[str]] = {}
    for finding in findings:
        if finding["site"] == site:
            key = (finding["rule_id"], finding["item"], finding["severity"])
            found.setdefault(key, []).append(finding["jurisdiction"])
    return {key: " ".join(sorted(places)) for key, places in found.items()}


@pytest.mark.parametrize(("site", "expected"), [("videonor", VIDEONOR), ("cp-app", CP_APP)])
def test_every_finding_and_no_other(site: str, expected: dict[Any, str], findings: list[dict[str, Any]]) -> None:
    assert summary(findings, site) == expected


def test_findings_have_the_contracts_columns_and_say_where_they_come_from(findings: list[dict[str, Any]]) -> None:
    assert len({finding["finding_id"] for finding in findings}) == len(findings)
    for finding in findings:
        assert list(finding)[: len(COLUMNS)] == COLUMNS  # and what was added since
        assert finding["status"] == "open"
        assert finding["kind"] in {"violation", "guideline_exceedance"}
        assert finding["citation"].endswith(("[S]", "[Q]", "[K]"))
        for place in json.loads(finding["evidence"]):
            assert (ROOT / place["file"]).read_text(encoding="utf-8").splitlines()[place["line"] - 1]
            assert list(place) == ["file", "line", "row"]


def test_what_the_rows_say_is_told(findings: list[dict[str, Any]]) -> None:
    told = {(f["rule_id"], f["item"]): f for f in findings}
    conflict = told["declaration_conflict", "VISITOR_INFO1_LIVE"]
    assert conflict["observed"] == "declared: P1Y and P6M"
    assert [place["row"] for place in json.loads(conflict["evidence"])] == [2, 18]
    assert told["declaration_incomplete", "PHPSESSID"]["observed"] == "missing: category, provider and party"
    assert told["lifetime_over_cap", "hubspotutk"]["kind"] == "guideline_exceedance"


def test_an_audit_is_the_same_twice_and_can_be_narrowed(registry: Registry, findings: list[dict[str, Any]]) -> None:
    assert audit(registry, as_of=AS_OF) == findings
    narrow = audit(registry, sites=["videonor"], jurisdictions=["CZ"], as_of=AS_OF)
    outlived = {f["item"] for f in narrow if f["rule_id"] == "cookie_outlives_consent"}
    assert outlived == {"hubspotutk", "__cfduid", "__hstc"}
    assert {f["site"] for f in narrow} == {"videonor"}
    capped = {(f["item"], f["jurisdiction"]) for f in narrow if f["rule_id"] == "lifetime_over_cap"}
    assert capped == {("hubspotutk", "CZ"), ("__cfduid", "CZ"), ("__hstc", "CZ")}


def test_what_nobody_describes_is_refused(registry: Registry) -> None:
    with pytest.raises(ConsentError, match="did you mean 'videonor'"):
        audit(registry, sites=["videoner"])
    with pytest.raises(ConsentError, match="UK: expected a jurisdiction"):
        audit(registry, jurisdictions=["UK"])
