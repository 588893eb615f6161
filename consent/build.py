"""Building models: each SELECT becomes its table, each rule's rows become hits; as a whole, or the parts that changed.

A part is a narrower reading of the same SELECT: its relations are read only where they have to do with what changed
(consent/changes.py), and the rows that come out replace those of the table for the same part. A file says in its
header in which kind of part it can be built:

| `incremental:` | a row depends on | so these are replaced |
|---|---|---|
| event | one record, and others with its event id | the rows of changed records |
| new | what was ever seen | nothing: what is not there yet is added; all of it, once records were removed |
| subject | the decisions, replays and observations of one site and subject | the rows of changed subjects |
| earliest | the same, of which it tells the earliest time | where an earlier one came, or a record went |
| date | the events of one day, and all decisions of the subjects that are seen on it | the rows of changed days |

Without that line a model is always built as a whole. Where the header names a Python function (`python:`), the rows go
through it as a frame: the SELECT counts, the function does what a library of statistics does better.
"""

from __future__ import annotations

import importlib
from types import ModuleType

import duckdb

from consent import changes, parts
from consent.changes import set_run
from consent.models import Statement
from consent.warehouse import transaction

__all__ = ["build", "library_of", "repeated_grains", "set_run", "violations"]

_KEY = ", ".join(f'"{column}"' for column in changes.KEY)
# By what rows of these are told to differ; changes.note says what follows from a difference.
_COMPARED = {
    "staging.received": '"date", kind, site, subject, subject_key, event_time, gpc, is_duplicate, is_bot,'
    " is_restricted",
}


def build(connection: duckdb.DuckDBPyConnection, model: Statement) -> int | None:
    """Build one model from what is there now; returns its rows, of a view None: nobody counts through it."""
    part = model.incremental if changes.in_parts(connection) else ""
    parts.forget(connection, model.relation)
    with transaction(connection):
        if model.is_view:
            _make_view(connection, model)
        elif not part or (part == "new" and changes.is_marked_day(connection) != "false"):
            _build_whole(connection, model)
        elif part == "earliest":
            _build_earliest(connection, model)
        elif model.relation in _COMPARED:
            _build_and_compare(connection, model)
        else:
            _build_part(connection, model)
    if model.is_view:
        return None
    counted = connection.execute(f"select count(*) from {_target(model)} where {_own(model)}")  # noqa: S608
    return int(counted.fetchall()[0][0])


def library_of(model: Statement) -> ModuleType:
    """The module of a model's Python function. Statistics take a second or two to import."""
    return importlib.import_module(model.python.rpartition(".")[0])


def violations(connection: duckdb.DuckDBPyConnection, statement: Statement) -> int:
    """How many rows a check finds; none means it passed."""
    return int(connection.execute(f"select count(*) from ({statement.text})").fetchall()[0][0])  # noqa: S608


def repeated_grains(connection: duckdb.DuckDBPyConnection, model: Statement) -> int:
    """How many values of its grain a model has more than once, among the rows that were just built."""
    columns = ", ".join(f'"{column}"' for column in model.grain)
    return int(
        connection.execute(
            f"select count(*) from (select {columns} from {parts.rebuilt(connection, model)}"  # noqa: S608
            " group by all having count(*) > 1)"
        ).fetchall()[0][0]
    )


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
        text = parts.narrowed(model, {"raw.events": known})
    if model.folder == "rules":
        connection.execute(f"delete from rules.hits where {_own(model)}")  # noqa: S608
        connection.execute(f"insert into rules.hits select {_columns(model)} from ({text})")  # noqa: S608
    else:
        if model.python:
            library = library_of(model)
            compute = getattr(library, model.python.rpartition(".")[2])
            connection.register("computed", compute(connection.execute(text).df()))
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
    table, replaced = _target(model), parts.replaced(connection, model)
    text = parts.text_of(connection, model, parts.part_of(model))
    if model.incremental == "new":
        text = f"select * from ({text}) as seen anti join {table} as known using ({', '.join(model.grain)})"  # noqa: S608
    elif model.incremental == "date":  # a day may come in by another relation too
        text = f"select * from ({text}) where {replaced}"  # noqa: S608
    text = f"select {_columns(model)} from ({text})"  # noqa: S608
    keeps, _ = model.keeps
    if model.folder == "marts" or keeps:
        text = f"from {parts.note_rebuilt(connection, model, text)}"
    if model.incremental != "new":
        connection.execute(f"delete from {table} where {_own(model)} and ({replaced})")  # noqa: S608
    connection.execute(f"insert into {table} by name {text}")
    if keeps:
        parts.take_in(connection, model)


def _build_earliest(connection: duckdb.DuckDBPyConnection, model: Statement) -> None:
    """Looks at all events only of those who lost one: whoever only gained has the earlier of what was and what came."""
    [key] = model.grain
    [time] = [column for column, *_ in connection.table(model.relation).description if column != key]
    came = parts.text_of(connection, model, "event")
    if connection.execute("select 1 from changed.shrunk limit 1").fetchall():
        shrunk = parts.is_of(model.relation, "changed.shrunk", (key,))
        connection.execute(f"delete from {model.relation} where {shrunk}")  # noqa: S608
        both = f"from ({came}) union all by name from ({parts.text_of(connection, model, 'shrunk')})"
        came = f"select {key}, min({time}) as {time} from ({both}) group by {key}"  # noqa: S608
    connection.execute(f"create or replace temp table came as {came}")
    known = parts.of_anyone(connection, model.relation, f"select {key} from temp.came")  # noqa: S608
    for table in (model.relation, known):
        name = table.rpartition(".")[2]
        earlier = f"came.{key} = {name}.{key} and came.{time} < {name}.{time}"
        connection.execute(f"delete from {table} using temp.came where {earlier}")  # noqa: S608
    connection.execute(f"delete from temp.came where {key} in (select {key} from {known})")  # noqa: S608
    for table in (model.relation, known):
        connection.execute(f"insert into {table} by name from temp.came")
    connection.execute("drop table temp.came")


def _build_and_compare(connection: duckdb.DuckDBPyConnection, model: Statement) -> None:
    rows = f"select {_KEY}, {_COMPARED[model.relation]} from {model.relation} where {parts.replaced(connection, model)}"  # noqa: S608
    connection.execute(f"create or replace temp table before as {rows}")
    _build_part(connection, model)
    connection.execute(f"create or replace temp table after as {rows}")
    connection.execute(
        "create or replace temp table differing as select *, true as is_gone from (from before except all from after)"
        " union all select *, false from (from after except all from before)"
    )
    changes.note(connection, "differing")
    for table in ("before", "after", "differing"):
        connection.execute(f"drop table {table}")
