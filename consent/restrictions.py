"""Restriction of processing (GDPR 18): the records stay, and no model, rule or rate uses them until it is lifted."""

from __future__ import annotations

from datetime import UTC, datetime

import duckdb

from consent.errors import ConsentError


def restrict(connection: duckdb.DuckDBPyConnection, subject: str, site: str = "") -> list[str]:
    """Restrict the person's records at a site, or at every site that has any; the sites. Raises ConsentError for none.

    Takes effect with the next refresh.
    """
    sites = [
        name
        for (name,) in connection.execute(
            "select distinct site from raw.events where subject = $subject and ($site = '' or site = $site) order by 1",
            {"subject": subject, "site": site},
        ).fetchall()
    ]
    if not sites:
        raise ConsentError("subject: no event of theirs is stored" + (f" for {site}" if site else ""))
    lift(connection, subject, site)
    now = datetime.now(UTC).replace(tzinfo=None)
    for name in sites:
        connection.execute("insert into raw.restrictions values (?, ?, ?)", [name, subject, now])
    return sites


def lift(connection: duckdb.DuckDBPyConnection, subject: str, site: str = "") -> list[str]:
    """Lift the restriction at a site or everywhere; the sites where there was one."""
    lifted = connection.execute(
        "delete from raw.restrictions where subject = $subject and ($site = '' or site = $site) returning site",
        {"subject": subject, "site": site},
    ).fetchall()
    return sorted(name for (name,) in lifted)
