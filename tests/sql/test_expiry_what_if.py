"""When consents run out, as it is and under another validity, from the published relations alone."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import duckdb
import pytest

from consent.models import statement

AS_OF = datetime(2026, 3, 1)
GRANT, REFUSAL = '{"necessary": true, "marketing": true}', '{"necessary": true, "marketing": false}'


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create table meta as select ?::timestamp as as_of", [AS_OF])
    con.execute("create table limits (jurisdiction varchar, limit_name varchar, value interval)")
    con.execute("insert into limits values ('FR', 'consent_validity', interval 6 months), ('NO', 'other', null)")
    con.execute(
        "create table consent_current (site varchar, jurisdiction varchar, decided_at timestamp, categories json,"
        " valid_until timestamp, validity_source varchar, state varchar)"
    )
    rows = [
        ("shop", "2025-03-20", GRANT, "2026-03-20", "default", "active"),
        ("shop", "2025-09-30", GRANT, "2026-09-30", "default", "active"),  # six months end on 30 March
        ("shop", "2025-08-31", GRANT, "2026-08-31", "default", "active"),  # on 28 February, clamped: over already
        ("shop", "2025-09-30", GRANT, "2025-12-30", "site", "expired"),  # the site's own three months stay
        ("shop", "2025-09-30", REFUSAL, "2026-09-30", "default", "active"),
        ("shop", "2025-09-30", GRANT, "2026-09-30", "default", "withdrawn"),
        ("other", "2025-10-05", GRANT, "2026-10-05", "default", "active"),
    ]
    for site, *row in rows:
        con.execute("insert into consent_current values (?, 'NO', ?, ?, ?, ?, ?)", [site, *row])
    return con


def ask(con: duckdb.DuckDBPyConnection, **given: Any) -> list[tuple[Any, ...]]:
    asked = {"jurisdiction": None, "validity_months": None, "site": None, "by": "day", "days": 90} | given
    found = con.execute(statement("reports.expiry_what_if").text, asked).fetchall()
    return [(row[0], row[1], *row[4:]) for row in found]


def test_as_it_is(con: duckdb.DuckDBPyConnection) -> None:
    assert ask(con) == [(None, "shop", 1, 1), (date(2026, 3, 20), "shop", 1, 1)]


def test_under_another_validity(con: duckdb.DuckDBPyConnection) -> None:
    expected = [
        (None, "shop", 1, 3), (date(2026, 3, 20), "shop", 1, 0), (date(2026, 3, 30), "shop", 0, 1),
        (date(2026, 4, 5), "other", 0, 1),
    ]  # fmt: skip
    assert ask(con, jurisdiction="FR") == expected
    assert ask(con, validity_months=6) == expected
    assert ask(con, validity_months=6, site="other") == [(date(2026, 4, 5), "other", 0, 1)]


def test_by_month_and_further_ahead(con: duckdb.DuckDBPyConnection) -> None:
    assert ask(con, validity_months=6, by="month", site="shop") == [
        (None, "shop", 1, 3), (date(2026, 3, 1), "shop", 1, 1)
    ]  # fmt: skip
    assert ask(con, days=365, site="other") == [(date(2026, 10, 5), "other", 1, 1)]


def test_a_place_without_a_number_changes_nothing(con: duckdb.DuckDBPyConnection) -> None:
    assert ask(con, jurisdiction="NO") == ask(con)
