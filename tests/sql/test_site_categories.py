"""A site's own names of categories count as what the site says they mean; a name nobody declares stays unknown."""

from __future__ import annotations

from datetime import datetime

from consent.changes import begin, claim, finish, set_run
from consent.models import statement
from tests.ingestion.events import event
from tests.sql.build import build_all, rows, warehouse

AS_OF = datetime(2026, 10, 2)
ANSWERS = {"necessary": True, "tall": True, "essential-plus": False}


def test_own_names_are_counted_as_declared_at_their_site_alone() -> None:
    item = {"name": "_x", "type": "cookie", "category": "tall"}
    events = [
        made
        for site, subject in (("videonor", "visitor-one-0001"), ("cp-app", "visitor-two-0001"))
        for made in (
            event("impression", site=site, subject=subject),
            event("decision", site=site, subject=subject, action="save", categories=ANSWERS),
            event("observation", site=site, subject=subject, storage=[item]),
        )
    ]
    with warehouse(events, AS_OF) as connection:
        finish(connection)
        answered = "select site, category, granted from marts.opt_in_daily where asked > 0 order by all"
        unknown = (
            "select site, value, records from marts.data_quality_issues where issue = 'unknown_category' order by all"
        )
        assert {row["category"] for row in rows(connection, answered)} == {"necessary", "tall", "essential-plus"}
        connection.execute("insert into policy.site_categories values ('videonor', 'tall', 'performance')")
        claim(connection, AS_OF)
        assert begin(connection)  # other policies: everything is built again
        build_all(connection)
        assert [tuple(row.values()) for row in rows(connection, answered)] == [
            ("cp-app", "essential-plus", 0),
            ("cp-app", "necessary", 1),
            ("cp-app", "tall", 1),
            ("videonor", "essential-plus", 0),
            ("videonor", "necessary", 1),
            ("videonor", "performance", 1),
        ]
        assert [tuple(row.values()) for row in rows(connection, unknown)] == [
            ("cp-app", "essential-plus", 1),
            ("cp-app", "tall", 1),
            ("videonor", "essential-plus", 1),
        ]
        seen = "select site, category, observed_category from staging.storage_observed order by all"
        assert [tuple(row.values()) for row in rows(connection, seen)] == [
            ("cp-app", "tall", "tall"),
            ("videonor", "performance", "performance"),
        ]


def test_a_site_may_mean_something_else_by_a_common_word() -> None:
    events = [event("decision", site="videonor", action="save", categories={"analytics": True, "ads": False})]
    with warehouse(events, AS_OF) as connection:
        connection.execute("insert into policy.site_categories values ('videonor', 'analytics', 'marketing')")
        set_run(connection, AS_OF)
        build_all(connection)
        [decision] = rows(connection, "select categories from staging.decisions")
        assert decision["categories"] == {"marketing": False}  # two names of one category: granted only if both are


def test_two_sets_with_one_id_would_be_one_row() -> None:
    events = [
        event("decision", subject=f"visitor-{number:08}", action="save", categories=categories)
        for number, categories in enumerate(({"marketing": True}, {"marketing": False}))
    ]
    with warehouse(events, AS_OF) as connection:
        text = statement("staging.category_sets").text
        assert len(rows(connection, text)) == 2
        alike = text.replace("hash(site, sent)", "1::ubigint")
        assert alike != text
        assert len(rows(connection, alike)) == 1  # no event is joined twice
