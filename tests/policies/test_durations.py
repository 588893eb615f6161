"""Durations: what is read, how long it can be, and where DuckDB's calendar ends up."""

from __future__ import annotations

from datetime import date, timedelta

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.durations import longest_seconds, parse, to_interval

DAY = 86_400


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("P1M", 31),
        ("P2M", 62),  # July and August, or December and January
        ("P3M", 92),
        ("P6M", 184),
        ("P12M", 366),
        ("P1Y", 366),
        ("P13M", 397),
        ("P24M", 731),
        ("P2Y", 731),
        ("P5Y", 1827),
        ("P10Y", 3653),
        ("P365D", 365),
        ("P4W", 28),
        ("P1Y1M1D", 398),
    ],
)
def test_the_longest_a_calendar_duration_can_be(text: str, days: int) -> None:
    assert longest_seconds(text) == days * DAY


def test_seconds_minutes_and_hours() -> None:
    assert longest_seconds("PT30M") == 1800
    assert longest_seconds("PT36H") == 36 * 3600
    assert longest_seconds("P1DT1S") == DAY + 1


@pytest.mark.parametrize(
    "text",
    [
        "", "P", "PT", "P0D", "P0M", "6M", "p6m", "P6", "P-6M", "-P6M", "P1.5Y", "P1,5Y", "P1DT", "6 months", "P1001Y",
        "P2020-01-01", None, 6,
    ],
)  # fmt: skip
def test_what_is_no_duration_is_refused_with_what_came(text: object) -> None:
    with pytest.raises(ValueError, match="expected an ISO 8601 duration") as caught:
        parse(text)  # type: ignore[arg-type]
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("start", "text", "end"),
    [
        ("2025-08-31 12:00:00", "P6M", "2026-02-28 12:00:00"),
        ("2023-08-31 12:00:00", "P6M", "2024-02-29 12:00:00"),
        ("2024-02-29 12:00:00", "P12M", "2025-02-28 12:00:00"),
        ("2024-02-29 12:00:00", "P4Y", "2028-02-29 12:00:00"),
        ("2024-02-29 12:00:00", "P365D", "2025-02-28 12:00:00"),
        ("2025-01-31 00:00:00", "P13M", "2026-02-28 00:00:00"),
        ("2025-03-30 02:30:00", "PT24H", "2025-03-31 02:30:00"),
    ],
)
def test_duckdb_adds_calendar_months_clamped_to_the_months_end(start: str, text: str, end: str) -> None:
    added = duckdb.execute("select (?::timestamp + ?::interval)::varchar", [start, to_interval(text)]).fetchone()
    assert added == (end,)


@given(st.dates(date(2000, 1, 1), date(2090, 12, 31)), st.integers(1, 60), st.integers(0, 400))
def test_no_start_makes_it_longer_than_the_longest(start: date, months: int, days: int) -> None:
    text = f"P{months}M{days}D" if days else f"P{months}M"
    index = start.year * 12 + start.month - 1 + months
    first_of_next = date((index + 1) // 12, (index + 1) % 12 + 1, 1)
    clamped = min(date(index // 12, index % 12 + 1, 1) + timedelta(start.day - 1), first_of_next - timedelta(1))
    assert (clamped + timedelta(days) - start).days * DAY <= longest_seconds(text)
