"""Consent that stands, until when, and what runs out."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.ingestion.events import event
from tests.sql.build import rows, warehouse

GRANT = {"necessary": True, "marketing": True}
REFUSAL = {"necessary": True, "marketing": False}


def decision(at: str, region: str = "NO", action: str = "accept_all", **fields: Any) -> dict[str, Any]:
    fields = {"categories": GRANT} | fields
    return event("decision", occurred_at=at, received_at=at, region=region, action=action, **fields)


def current(as_of: datetime, *events: dict[str, Any]) -> list[dict[str, Any]]:
    with warehouse(events, as_of) as connection:
        return rows(connection, "select * from marts.consent_current")


@pytest.mark.parametrize(
    ("region", "at", "valid_until", "source"),
    [
        ("FR", "2026-01-15T10:00:00Z", datetime(2026, 7, 15, 10), "jurisdiction"),
        ("FR", "2025-08-31T10:00:00Z", datetime(2026, 2, 28, 10), "jurisdiction"),
        ("CZ", "2024-02-29T10:00:00Z", datetime(2025, 2, 28, 10), "jurisdiction"),
        ("NO", "2026-01-15T10:00:00Z", datetime(2027, 1, 15, 10), "default"),
        ("JP", "2026-01-15T23:30:00-03:00", datetime(2027, 1, 16, 2, 30), "default"),
    ],
)
def test_validity_is_calendar_months_clamped_to_the_end(
    region: str, at: str, valid_until: datetime, source: str
) -> None:
    [row] = current(datetime(2026, 10, 1), decision(at, region))
    assert (row["valid_until"], row["validity_source"]) == (valid_until, source)


@pytest.mark.parametrize(
    ("region", "jurisdiction"),
    [("US-CA", "US-CA"), ("FR", "FR"), ("AT", "EU"), ("IS", "EU"), ("GB", "GB"), ("JP", "default"), (..., "NO")],
)
def test_jurisdiction_is_the_longest_match_else_the_sites(region: Any, jurisdiction: str) -> None:
    [row] = current(datetime(2026, 10, 1), decision("2026-09-01T00:00:00Z", region))
    assert row["jurisdiction"] == jurisdiction


def test_the_last_decision_by_event_time_stands_even_if_it_came_first() -> None:
    late = decision("2026-09-01T00:00:00Z", action="reject_all", categories=REFUSAL)
    [row] = current(datetime(2026, 10, 1), decision("2026-09-02T00:00:00Z"), late)
    assert row["action"] == "accept_all"


def test_the_boundary_of_validity_is_the_moment_itself() -> None:
    given = decision("2026-01-15T10:00:00Z", "FR")
    assert current(datetime(2026, 7, 15, 9, 59, 59), given)[0]["state"] == "active"
    assert current(datetime(2026, 7, 15, 10), given)[0]["state"] == "expired"


@pytest.mark.parametrize(
    ("action", "categories", "state"),
    [
        ("withdraw", REFUSAL, "withdrawn"),
        ("withdraw", {}, "withdrawn"),
        ("withdraw", REFUSAL | {"performance": True}, "active"),
        ("reject_all", REFUSAL, "active"),
    ],
)
def test_withdrawn_is_every_category_denied_by_a_withdraw(action: str, categories: dict[str, bool], state: str) -> None:
    [row] = current(datetime(2026, 10, 1), decision("2026-09-01T00:00:00Z", action=action, categories=categories))
    assert row["state"] == state


def test_synonyms_are_canonical_and_two_names_of_one_category_must_both_be_granted() -> None:
    sent = {"ads": True, "marketing": False, "analytics": True, "chat": True}
    [row] = current(datetime(2026, 10, 1), decision("2026-09-01T00:00:00Z", categories=sent))
    assert row["categories"] == '{"chat":true,"marketing":false,"performance":true}'


def test_the_forecast_counts_each_grant_on_its_last_day() -> None:
    events = [
        decision("2026-04-10T10:00:00Z", "FR", subject="subject-0001"),
        decision("2026-04-10T20:00:00Z", "FR", subject="subject-0002"),
        decision("2026-04-10T20:00:00Z", "FR", subject="subject-0003", action="reject_all", categories=REFUSAL),
        decision("2026-09-01T20:00:00Z", "NO", subject="subject-0004"),
    ]
    with warehouse(events, datetime(2026, 10, 1)) as connection:
        found = rows(connection, "select * from marts.expiry_forecast")
    assert found == [
        {
            "date": datetime(2026, 10, 10).date(),
            "site": "videonor",
            "jurisdiction": "FR",
            "category": "marketing",
            "expiring": 2,
        }
    ]


def test_quarantined_records_are_counted_by_day_and_reason() -> None:
    with warehouse([event(), b"{}", b"[]", b"[]"], datetime(2026, 10, 2)) as connection:
        summary = rows(connection, "select reason, records, first_offset from marts.quarantine_summary order by reason")
        quality = rows(
            connection, "select site, received, accepted, quarantined from marts.data_quality_daily order by site"
        )
    assert [row["records"] for row in summary] == [1, 2]
    assert quality == [
        {"site": "", "received": 3, "accepted": 0, "quarantined": 3},
        {"site": "videonor", "received": 1, "accepted": 1, "quarantined": 0},
    ]
