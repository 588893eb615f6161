"""A person's dossier: everything the warehouse holds about one subject, and where."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb

from consent.erasure import is_erased
from consent.settings import Settings
from consent.subjects import SubjectKey, check_subject

Row = dict[str, Any]


@dataclass(frozen=True)
class Count:
    """Events of one kind at one site; times are naive UTC."""

    site: str
    kind: str
    events: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Dossier:
    """What is stored. `events` are rows of raw.events with times in ISO 8601, `current` those of consent_current."""

    subject: str
    subject_hash: str
    counts: list[Count]
    events: list[Row]
    current: list[Row]
    quarantined: int
    restricted: list[str]
    erased: bool

    @property
    def decisions(self) -> list[Row]:
        """The decisions among the events, oldest first."""
        return [event for event in self.events if event["kind"] == "decision"]

    def as_json(self) -> Row:
        """Everything, to give to the person."""
        return {
            "subject": self.subject,
            "events": self.events,
            "current_consent": self.current,
            "records_in_quarantine": self.quarantined,
            "restricted_at": self.restricted,
        }


def dossier(connection: duckdb.DuckDBPyConnection, settings: Settings, subject: str, site: str = "") -> Dossier:
    """Collect it. Raises ConsentError for an id that cannot be one; of someone unknown the dossier is empty."""
    check_subject(subject)
    subject_hash = SubjectKey.of(settings.home).hash(subject)
    whose = {"subject": subject, "site": site}
    condition = "subject = $subject and ($site = '' or site = $site)"
    counts = connection.execute(
        "select site, kind, count(*), min(occurred_at), max(occurred_at) from raw.events "  # noqa: S608
        f"where {condition} group by site, kind order by site, kind",
        whose,
    ).fetchall()
    [(quarantined,)] = connection.execute(
        "select count(*) from raw.quarantine "
        "where contains(value::varchar, $subject) or contains(key::varchar, $subject)",
        {"subject": subject},
    ).fetchall()
    restricted = connection.execute(
        f"select site from raw.restrictions where {condition} order by site",  # noqa: S608
        whose,
    ).fetchall()
    ordered = f'select * from raw.events where {condition} order by occurred_at, topic, partition, "offset"'  # noqa: S608
    return Dossier(
        subject,
        subject_hash,
        [Count(*row) for row in counts],
        table_rows(connection, ordered, whose),
        _current(connection, condition, whose),
        quarantined,
        [name for (name,) in restricted],
        is_erased(connection, subject_hash),
    )


def _current(connection: duckdb.DuckDBPyConnection, condition: str, whose: dict[str, str]) -> list[Row]:
    built = connection.execute(
        "select count(*) from duckdb_tables() where schema_name = 'marts' and table_name = 'consent_current' "
        "and database_name = current_database()"
    ).fetchall()
    if built == [(0,)]:
        return []
    return table_rows(connection, f"select * from marts.consent_current where {condition} order by site", whose)  # noqa: S608


def table_rows(connection: duckdb.DuckDBPyConnection, query: str, values: Row) -> list[Row]:
    """The rows of a query as JSON has them: times in ISO 8601, nulls left out."""
    cursor = connection.execute(query, values)
    columns = [(column[0], str(column[1])) for column in cursor.description]
    return [
        {name: _plain(kind, value) for (name, kind), value in zip(columns, row, strict=True) if value is not None}
        for row in cursor.fetchall()
    ]


def _plain(kind: str, value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    if kind == "JSON":
        return json.loads(value)
    return value if isinstance(value, bool | int | float | str | list | dict) else str(value)
