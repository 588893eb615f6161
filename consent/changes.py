"""What changed since the last refresh, so that the next one rebuilds that and nothing else.

`claim` fixes the as-of time; `begin` compares the warehouse with what the last refresh saw and fills `changed`:

| table | rows |
|---|---|
| events | the rows of raw.events to be judged again: landed since, or entering or leaving with the as-of time; and |
| | every other record with one of their event ids, since another of them may count now |
| marked | days of which records were removed; `mark` fills it |
| days | days whose daily tables are rebuilt; grows while staging is built |
| subjects | whose decisions, replays or observations changed, and from which time on that matters |
| shrunk | of whom a record went, or counts otherwise than it did |
| active | the subjects with an event on one of the days |
| restrictions | whom staging leaves out |
| state | what this refresh began with, and whether it was finished |
| published | the snapshot file of the last refresh, and how large the last whole one was |

A refresh that was not finished leaves its rows, and the next adds to them. Where everything may be different (other
policies, limits, SQL or DuckDB; records that vanished without `mark`), `begin` asks for a full rebuild instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import duckdb

from consent.contract import COLUMNS
from consent.fingerprint import fingerprint
from consent.models import all_models
from consent.tables import TABLES
from consent.warehouse import create_table, transaction

KEY = ("topic_id", "partition", "offset")
SUBJECT = ("site", "subject")
SUBJECT_KEY = "md5_number(site || chr(10) || subject)"  # as in staging.received
_COLUMNS = ", ".join(f'"{name}"' for name, _ in COLUMNS)
_ARRIVED = "coalesce(received_at, kafka_timestamp)"
# The event time is one of the two; a client's clock that is further off than this is not believed (see received.sql).
_MAYBE_DAYS = f"""[
    {_ARRIVED}::date,
    if(occurred_at between {_ARRIVED} - interval 8 days and {_ARRIVED} + interval 1 day, occurred_at, {_ARRIVED})::date
]"""
WINDOW_DAYS = 13  # before the day of the as-of time: prompts_hourly and opt_in_hourly have the last 14
# More than this share of a big history is faster rebuilt as a whole.
_SHARE, _FEW = 0.3, 500_000


def claim(
    connection: duckdb.DuckDBPyConnection, as_of: datetime, jurisdictions: list[str] | None = None, run_id: str = ""
) -> None:
    """Fix what this refresh is about: the as-of time (naive UTC), and, for an audit, under which laws.

    `run_id` lets a refresh see later that it is still the one whose models are being built.
    """
    with transaction(connection):
        connection.execute("delete from staging.run")
        connection.execute("insert into staging.run values (?, ?, ?)", [as_of, jurisdictions, run_id])


def set_run(
    connection: duckdb.DuckDBPyConnection, as_of: datetime, jurisdictions: list[str] | None = None, run_id: str = ""
) -> None:
    """As `claim`, and begin a full rebuild."""
    claim(connection, as_of, jurisdictions, run_id)
    begin(connection, full=True)


def begin(connection: duckdb.DuckDBPyConnection, *, full: bool = False) -> bool:
    """Say which rows, days and subjects the refresh that was claimed is about; the policies have been written.

    Returns whether every model is rebuilt as a whole, as `full` asks for.
    """
    with transaction(connection):
        as_of = connection.execute("select as_of from staging.run").fetchall()[0][0]
        end_row, rows = connection.execute("select coalesce(max(rowid) + 1, 0), count(*) from raw.events").fetchall()[0]
        of_now = fingerprint(connection)
        last = connection.execute("select * from changed.state").fetchall()
        full = full or not last or _must_be_full(connection, last[0], of_now)
        full = full or not _collect(connection, last[0], as_of, rows)
        if full:
            _forget(connection)
            create_table(connection, "rules.hits", anew=True)
            connection.execute("delete from changed.marked")
            _take_restrictions(connection)
        connection.execute("delete from changed.state")
        connection.execute(
            "insert into changed.state values (?, ?, ?, ?, ?, false)", [as_of, end_row, rows, of_now, full]
        )
    return full


def finish(connection: duckdb.DuckDBPyConnection) -> None:
    """Every model is built and published: the next refresh goes on from here."""
    with transaction(connection):
        connection.execute("update changed.state set is_finished = true")
        connection.execute("delete from changed.marked where is_taken")
        _forget(connection)


def mark(connection: duckdb.DuckDBPyConnection, days: Iterable[date] | None) -> None:
    """Say that records of these days (UTC days of the event time; None: of any) were removed from raw.events.

    Call it after removing them, in the same transaction, and before the file is written anew: afterwards nobody can
    tell the rows that had landed since the last refresh from the others.
    """
    connection.execute("delete from changed.events where event_id not in (select event_id from raw.events)")
    if days is None:
        connection.execute("delete from changed.state")
        return
    connection.execute("insert into changed.marked select unnest(?::date[]), false", [list(days)])
    connection.execute(
        f"insert into changed.marked select distinct unnest({_MAYBE_DAYS}), false from raw.events"  # noqa: S608
        " where rowid >= (select end_row from changed.state)"
    )
    connection.execute(
        "update changed.state set end_row = counted.rows, rows_before_end = counted.rows"
        " from (select count(*) as rows from raw.events) as counted"
    )


def is_marked(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether records were removed that no refresh has taken out of the models yet."""
    found = connection.execute(
        "select 1 from changed.marked where not is_taken union all select 1 where not exists (from changed.state)"
    )
    return bool(found.fetchall())


def in_parts(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the refresh under way rebuilds only what changed."""
    return connection.execute("select is_full from changed.state").fetchall() == [(False,)]


def may_be_changed_day(connection: duckdb.DuckDBPyConnection) -> str:
    """A condition on `date` that holds wherever rows of changed.events can be: it lets a scan skip the other days."""
    return _among(
        connection,
        f'select unnest({_MAYBE_DAYS}) as day from changed.events union select "date" from changed.marked',  # noqa: S608
    )


def is_changed_day(connection: duckdb.DuckDBPyConnection) -> str:
    """A condition on `date` that holds for the days to rebuild."""
    return _among(connection, 'select "date" as day from changed.days')


def is_marked_day(connection: duckdb.DuckDBPyConnection) -> str:
    """A condition on `date` that holds for the days of which records were removed."""
    return _among(connection, 'select "date" as day from changed.marked where is_taken')


def note(connection: duckdb.DuckDBPyConnection, differing: str) -> None:
    """Follow rows of staging.received that differ to what they have consequences for, once staging.received is built.

    Their days; of those that count also their subjects, and the days after: what a decision, a replay or an
    observation changes is that subject's present and future, never what was before.
    """
    connection.execute(f'insert into changed.days select distinct "date" from {differing} except from changed.days')  # noqa: S608
    connection.execute(
        f"""
        insert into changed.subjects
        select site, subject, min(event_time), subject_key from {differing}
        where
            (kind in ('decision', 'replay', 'observation') or gpc)
            and not is_duplicate and not is_bot and not is_restricted
        group by all
        """  # noqa: S608
    )
    connection.execute(f"insert into changed.shrunk select distinct subject_key from {differing} where is_gone")  # noqa: S608
    connection.execute(
        """
        insert into changed.days
        select distinct events."date"
        from staging.facts as events
        inner join changed.subjects as subjects on events.subject_key = subjects.subject_key
        where
            events.event_time >= subjects.since
            and events."date" >= (select min(subjects.since)::date from changed.subjects as subjects)
        except
        from changed.days
        """
    )
    connection.execute("delete from changed.active")
    changed = is_changed_day(connection)
    connection.execute(
        "insert into changed.active select distinct site, subject, subject_key from staging.facts"  # noqa: S608
        f" where {changed}"
    )


def _among(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    days = [day for (day,) in connection.execute(f"select distinct day from ({query}) order by day").fetchall()]  # noqa: S608
    if not days:
        return "false"
    listed = ", ".join(f"date '{day}'" for day in days)
    return f"(\"date\" between date '{days[0]}' and date '{days[-1]}' and \"date\" in ({listed}))"


def _forget(connection: duckdb.DuckDBPyConnection) -> None:
    for table in ("events", "days", "subjects", "shrunk", "active"):
        connection.execute(f"delete from changed.{table}")  # noqa: S608


def _take_restrictions(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("delete from changed.restrictions")
    connection.execute("insert into changed.restrictions select distinct site, subject from raw.restrictions")


def _must_be_full(connection: duckdb.DuckDBPyConnection, last: tuple[Any, ...], of_now: str) -> bool:
    _, end_row, rows_before_end, last_fingerprint, was_full, was_finished = last
    if of_now != last_fingerprint or (was_full and not was_finished):
        return True
    there = {name for (name,) in connection.execute("select schema || '.' || name from (show all tables)").fetchall()}
    if any(m.folder != "rules" and not m.is_view and m.relation not in there for m in all_models()):
        return True
    counted = connection.execute("select count(*) from raw.events where rowid < ?", [end_row]).fetchall()[0][0]
    return bool(counted != rows_before_end)


def _collect(connection: duckdb.DuckDBPyConnection, last: tuple[Any, ...], as_of: datetime, rows: int) -> bool:
    """Fill changed.events; False where it would be most of them."""
    last_as_of, end_row, *_ = last
    connection.execute("update changed.marked set is_taken = true")
    low, high = min(last_as_of, as_of), max(last_as_of, as_of)
    marked = _among(connection, 'select "date" as day from changed.marked')
    _note_restricted(connection)
    # In one statement: DuckDB 2.0 loses an insert of a row group or more that follows an empty one (decision 25).
    connection.execute(
        f"""
        create or replace temp table ids as
        select event_id from changed.events
        union all
        select event_id from raw.events where rowid >= $end_row
        union all
        select event_id from raw.events where received_at > $low and received_at <= $high
        union all
        select event_id from raw.events
        where received_at is null and kafka_timestamp > $low and kafka_timestamp <= $high
        union all
        select event_id
        from (select event_id, unnest({_MAYBE_DAYS}) as "date" from raw.events where {marked != "false"}) as dated
        where {marked}
        union all
        select event_id from raw.events as events
        semi join other on events.site = other.site and events.subject = other.subject
        """,  # noqa: S608
        {"end_row": end_row, "low": low, "high": high},
    )
    for table, columns in TABLES.items():  # kept counts that enter or leave with the as-of time
        if table.startswith("kept.") and ("date", "date") in columns:
            connection.execute(
                f'insert into changed.days select distinct "date" from {table} where known_at > $low'  # noqa: S608
                " and known_at <= $high except from changed.days",
                {"low": low, "high": high},
            )
    connection.execute(  # days that entered or left the window of the hourly tables
        "insert into changed.days"
        " select unnest(range($low::date - $window, $high::date - $window, interval 1 day))::date"
        " except from changed.days",
        {"low": low, "high": high, "window": WINDOW_DAYS},
    )
    if connection.execute("select count(*) from ids").fetchall()[0][0] > max(_FEW, _SHARE * rows):
        return False
    connection.execute("delete from changed.events")
    connection.execute(
        f"""
        insert into changed.events
        select {_COLUMNS}
        from raw.events
        where rowid in (select events.rowid from raw.events as events semi join ids on events.event_id = ids.event_id)
        """  # noqa: S608
    )
    for table in ("ids", "other"):
        connection.execute(f"drop table {table}")
    connection.execute(  # what runs out between the two as-of times changes its state, and nothing else
        f"""
        insert into changed.subjects
        select site, subject, 'infinity'::timestamp, {SUBJECT_KEY} from marts.consent_current
        where valid_until > $low and valid_until <= $high
        """,  # noqa: S608
        {"low": low, "high": high},
    )
    return True


def _note_restricted(connection: duckdb.DuckDBPyConnection) -> None:
    """Who was restricted or released since, into the temp table `other`."""
    connection.execute(
        """
        create or replace temp table other as
        (select site, subject from raw.restrictions except from changed.restrictions)
        union all
        (from changed.restrictions except select site, subject from raw.restrictions)
        """
    )
    if connection.execute("select count(*) from other").fetchall() != [(0,)]:
        _take_restrictions(connection)
