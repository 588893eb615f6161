"""Building models: each SELECT becomes its table, each rule's rows become hits; as a whole, or the parts that changed.

A part is a narrower reading of the same SELECT: its relations are read only where they have to do with what changed
(consent/changes.py), and the rows that come out replace those of the table for the same part. A file says in its
header in which kind of part it can be built:

| `incremental:` | a row depends on | so these are replaced |
|---|---|---|
| event | one record, and others with its event id | the rows of changed records |
| new | what was ever seen | nothing: what is not there yet is added |
| subject | the decisions, replays and observations of one site and subject | the rows of changed subjects |
| date | the events of one day, and all decisions of the subjects that are seen on it | the rows of changed days |

Without that line a model is always built as a whole. Where the header names a Python function (`python:`), the rows go
through it as a frame: the SELECT counts, the function does what a library of statistics does better.
"""

from __future__ import annotations

import importlib
import re
from functools import cache

import duckdb

from consent import changes
from consent.changes import set_run
from consent.models import Statement, all_models
from consent.warehouse import transaction

__all__ = ["build", "repeated_grains", "rows_rebuilt", "set_run", "violations"]

_READ = re.compile(r"\b(?P<relation>(?:raw|staging|marts)\.(?P<name>[a-z_]+))\b(?P<alias>\s+as\b)?")
_KEY = ", ".join(f'"{column}"' for column in changes.KEY)
# By what rows of these are told to differ; changes.note says what follows from a difference.
_COMPARED = {
    "staging.received": '"date", kind, site, subject, subject_key, event_time, gpc, is_duplicate, is_bot,'
    " is_restricted",
}


def build(connection: duckdb.DuckDBPyConnection, model: Statement) -> int | None:
    """Build one model from what is there now; returns its rows, of a view None: nobody counts through it."""
    part = model.incremental if changes.in_parts(connection) else ""
    for people in ("subjects", "active"):  # those that asked before saw what it was before
        connection.execute(f"drop table if exists temp.{_table_of_people(model.relation, people)}")
    with transaction(connection):
        if model.is_view:
            _make_view(connection, model)
        elif not part:
            _build_whole(connection, model)
        elif model.relation in _COMPARED:
            _build_and_compare(connection, model)
        else:
            _build_part(connection, model)
    if model.is_view:
        return None
    counted = connection.execute(f"select count(*) from {_target(model)} where {_own(model)}")  # noqa: S608
    return int(counted.fetchall()[0][0])


def violations(connection: duckdb.DuckDBPyConnection, statement: Statement) -> int:
    """How many rows a check finds; none means it passed."""
    return int(connection.execute(f"select count(*) from ({statement.text})").fetchall()[0][0])  # noqa: S608


def repeated_grains(connection: duckdb.DuckDBPyConnection, model: Statement) -> int:
    """How many values of its grain a model has more than once, among the rows that were just built."""
    columns = ", ".join(f'"{column}"' for column in model.grain)
    built = rows_rebuilt(connection, model)
    return int(
        connection.execute(
            f"select count(*) from (select {columns} from {model.relation} where {built or 'true'}"  # noqa: S608
            " group by all having count(*) > 1)"
        ).fetchall()[0][0]
    )


def rows_rebuilt(connection: duckdb.DuckDBPyConnection, model: Statement) -> str | None:
    """A condition for the rows of a model that the refresh under way replaces; None: all of them."""
    return _replaced(connection, model) if model.incremental and changes.in_parts(connection) else None


def _target(model: Statement) -> str:
    return "rules.hits" if model.folder == "rules" else model.relation


def _own(model: Statement) -> str:
    """A condition for the rows of a model in its table."""
    return f"rule_id = '{model.name}'" if model.folder == "rules" else "true"


def _columns(model: Statement) -> str:
    return f"'{model.name}' as rule_id, *" if model.folder == "rules" else "*"


def _build_whole(connection: duckdb.DuckDBPyConnection, model: Statement) -> None:
    text = model.text
    if "raw.events" in model.reads:  # what lands meanwhile is for the next refresh: every model sees the same
        known = "(select * from raw.events where rowid < (select end_row from changed.state))"
        text = _narrowed(model, {"raw.events": known})
    if model.folder == "rules":
        connection.execute(f"delete from rules.hits where {_own(model)}")  # noqa: S608
        connection.execute(f"insert into rules.hits select {_columns(model)} from ({text})")  # noqa: S608
    else:
        if model.python:
            module, _, name = model.python.rpartition(".")
            library = importlib.import_module(module)
            connection.register("computed", getattr(library, name)(connection.execute(text).df()))
            columns = (f'"{column}"::{sql_type} as "{column}"' for column, sql_type in library.TYPES.items())
            text = f"select {', '.join(columns)} from computed"  # noqa: S608
        connection.execute(f"create or replace table {model.relation} as {text}")


def _make_view(connection: duckdb.DuckDBPyConnection, model: Statement) -> None:
    was_table = connection.execute(
        "select count(*) from duckdb_tables() where schema_name || '.' || table_name = ?", [model.relation]
    ).fetchall()
    if was_table != [(0,)]:  # in a warehouse of an earlier version
        connection.execute(f"drop table {model.relation}")
    connection.execute(f"create or replace view {model.relation} as {model.text}")


def _build_part(connection: duckdb.DuckDBPyConnection, model: Statement) -> None:
    table, replaced = _target(model), _replaced(connection, model)
    sources = {name: _source(connection, model.incremental, name) for name in model.reads}
    text = _narrowed(model, {name: source for name, source in sources.items() if source})
    if model.incremental == "new":
        text = f"select * from ({text}) as seen anti join {table} as known using ({', '.join(model.grain)})"  # noqa: S608
    else:
        connection.execute(f"delete from {table} where {_own(model)} and ({replaced})")  # noqa: S608
        if model.incremental == "date":  # a day may come in by another relation too
            text = f"select * from ({text}) where {replaced}"  # noqa: S608
    connection.execute(f"insert into {table} by name select {_columns(model)} from ({text})")  # noqa: S608


def _build_and_compare(connection: duckdb.DuckDBPyConnection, model: Statement) -> None:
    rows = f"select {_KEY}, {_COMPARED[model.relation]} from {model.relation} where {_replaced(connection, model)}"  # noqa: S608
    connection.execute(f"create or replace temp table before as {rows}")
    _build_part(connection, model)
    connection.execute(f"create or replace temp table after as {rows}")
    connection.execute(
        "create or replace temp table differing as"
        " (from before except all from after) union all (from after except all from before)"
    )
    changes.note(connection, "differing")
    for table in ("before", "after", "differing"):
        connection.execute(f"drop table {table}")


def _narrowed(model: Statement, sources: dict[str, str]) -> str:
    """The SELECT, reading other rows in place of these relations."""

    def replace(match: re.Match[str]) -> str:
        source = sources.get(match["relation"])
        if source is None:
            return match[0]
        return source + (match["alias"] or f" as {match['name']}")

    return _READ.sub(replace, model.text)


def _source(connection: duckdb.DuckDBPyConnection, part: str, relation: str) -> str | None:
    """What a model that is built in such a part reads in place of a relation; None: all of it."""
    if relation == "raw.events":
        return "changed.events"
    model = _models().get(relation)
    if model is None:
        return None
    if model.is_view:
        sources = {name: source for name in model.reads if (source := _source(connection, part, name))}
        return f"({_narrowed(model, sources)})" if sources else None
    match part, model.incremental:
        case ("event", "event"):
            where = _is_changed_record(connection, relation)
        case ("subject", "event"):  # so wide and so far apart that each model reads for itself the columns it names
            return _rows_of_people(connection, relation, "subjects")
        case ("subject", "subject"):
            return _of_people(connection, relation, "subjects")
        case ("date", "event" | "date"):
            where = changes.is_changed_day(connection)
        case ("date", "subject"):
            return _of_people(connection, relation, "active")
        case _:
            return None
    return f"(select * from {relation} where {where})"  # noqa: S608


def _of_people(connection: duckdb.DuckDBPyConnection, relation: str, people: str) -> str:
    """The rows of the subjects in `changed.subjects` or `changed.active`, looked for once for all models that ask."""
    table = _table_of_people(relation, people)
    there = connection.execute("select 1 from duckdb_tables() where temporary and table_name = ?", [table]).fetchall()
    if not there:
        connection.execute(f"create temp table {table} as from {_rows_of_people(connection, relation, people)}")
    return f"temp.{table}"


def _rows_of_people(connection: duckdb.DuckDBPyConnection, relation: str, people: str) -> str:
    """By their row ids, so that looking for them reads no other column.

    Good for the transaction under way: the checkpoint after it may move rows.
    """
    ids, where = f"{_table_of_people(relation, people)}_ids", _is_of(relation, f"changed.{people}", changes.SUBJECT)
    connection.execute(f"create or replace temp table {ids} as select rowid as id from {relation} where {where}")  # noqa: S608
    return f"(select * from {relation} where rowid in (select id from temp.{ids}))"  # noqa: S608


def _table_of_people(relation: str, people: str) -> str:
    return f"{relation.replace('.', '_')}_of_{people}"


@cache
def _models() -> dict[str, Statement]:
    return {model.relation: model for model in all_models()}


def _replaced(connection: duckdb.DuckDBPyConnection, model: Statement) -> str:
    """A condition for the rows of the model that its part replaces."""
    match model.incremental:
        case "event":
            return _is_changed_record(connection, model.relation)
        case "subject":
            return _is_of(model.relation, "changed.subjects", changes.SUBJECT)
        case "date":
            return changes.is_changed_day(connection) + (' or "date" is null' if model.folder == "rules" else "")
    return "true"


def _is_changed_record(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    is_one = _is_of(relation, "changed.events", changes.KEY)
    return f"{changes.may_be_changed_day(connection)} and ({is_one} or {changes.is_marked_day(connection)})"


def _is_of(relation: str, other: str, columns: tuple[str, ...]) -> str:
    name = relation.partition(".")[2]
    if columns == changes.SUBJECT and relation.startswith("staging."):  # a mart has no key
        columns = ("subject_key",)
    same = " and ".join(f'other."{column}" = {name}."{column}"' for column in columns)
    return f"exists (select 1 from {other} as other where {same})"  # noqa: S608
