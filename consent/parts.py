"""Parts of models: what the SELECT of a model reads, and which rows of its table that replaces, where little changed.

consent/build.py says which parts there are; consent/changes.py, what changed.
"""

from __future__ import annotations

import re
from functools import cache

import duckdb

from consent import changes
from consent.models import Statement, all_models

_READ = re.compile(r"\b(?P<relation>(?:raw|staging|marts)\.(?P<name>[a-z_]+))\b(?P<alias>\s+as\b)?")
# Whose rows are looked for. `acted` are those of `subjects` for whom more has changed than that their consent ran out.
_PEOPLE = {
    "subjects": "changed.subjects",
    "acted": "(select * from changed.subjects where since < 'infinity')",
    "shrunk": "changed.shrunk",
    "active": "changed.active",
}
_ANYONE = "select subject_key from changed.subjects union all select subject_key from changed.active"


def forget(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Drop what was noted of a relation that is about to be built: who asked before saw what it was before."""
    for people in (*_PEOPLE, "anyone"):
        connection.execute(f"drop table if exists {_table_of_people(relation, people)}")
    connection.execute(f"drop table if exists {_table_of_rebuilt(relation)}")


def take_in(connection: duckdb.DuckDBPyConnection, model: Statement) -> None:
    """Bring what was noted of a model that keeps a relation up to the part of it that was just built."""
    anyone, part = of_anyone(connection, model.relation), part_of(model)
    connection.execute(f"drop table {_table_of_people(model.relation, part)}")
    connection.execute(f"delete from {anyone} where {is_of(anyone, _PEOPLE[part], changes.SUBJECT)}")  # noqa: S608
    connection.execute(f"insert into {anyone} by name from {rebuilt(connection, model)}")


def part_of(model: Statement) -> str:
    """The part in which a model is built; that a consent ran out concerns only who reads the as-of time."""
    if model.incremental == "subject":
        return "subjects" if "staging.run" in model.reads else "acted"
    return model.incremental


def text_of(connection: duckdb.DuckDBPyConnection, model: Statement, part: str) -> str:
    """The SELECT over such a part of what it reads."""
    kept, _ = model.keeps if part in _PEOPLE else ("", "")
    sources = {
        name: source
        for name in model.reads
        if (source := _kept(connection, model, part) if name == kept else _source(connection, part, name))
    }
    return narrowed(model, sources)


def narrowed(model: Statement, sources: dict[str, str]) -> str:
    """The SELECT, reading other rows in place of these relations."""

    def replace(match: re.Match[str]) -> str:
        source = sources.get(match["relation"])
        if source is None:
            return match[0]
        return source + (match["alias"] or f" as {match['name']}")

    return _READ.sub(replace, model.body)


def _source(connection: duckdb.DuckDBPyConnection, part: str, relation: str) -> str | None:
    """What a model that is built in such a part reads in place of a relation; None: all of it."""
    if relation == "raw.events":
        return "changed.events"
    model = _models().get(relation)
    if model and model.is_view:
        text = text_of(connection, model, part)
        return f"({text})" if text != model.text else None
    source = None
    match part, model.incremental if model else "":
        case ("event", "event"):
            source = f"(select * from {relation} where {_is_changed_record(connection, relation)})"  # noqa: S608
        case ("subjects" | "acted" | "shrunk", "event"):
            source = _rows_of_people(connection, relation, part)
        case ("subjects" | "acted", "subject" | "earliest"):
            source = _of_people(connection, relation, part)
        case ("date", "event" | "date"):
            source = f"(select * from {relation} where {changes.is_changed_day(connection)})"  # noqa: S608
        case ("date", "subject" | "earliest"):
            source = _of_people(connection, relation, "active")
    return source


def _kept(connection: duckdb.DuckDBPyConnection, model: Statement, people: str) -> str:
    """What such people's rows say of the events they were made from; changed records as they are now."""
    relation, columns = model.keeps
    kept = f"select {columns} from {_of_people(connection, model.relation, people)}"  # noqa: S608
    changed = _is_changed_record(connection, "kept.facts")
    now = text_of(connection, _models()[relation], "event")
    theirs = is_of("staging.facts", _PEOPLE[people], changes.SUBJECT)
    return (
        f"(select * from ({kept}) as facts where not ({changed})"  # noqa: S608
        f" union all by name select * from ({now}) as facts where {theirs})"
    )


def _of_people(connection: duckdb.DuckDBPyConnection, relation: str, people: str) -> str:
    """The rows of such people, looked for once for all models that ask."""
    table = _table_of_people(relation, people)
    if not _is_noted(connection, table):
        anyone = of_anyone(connection, relation)
        theirs = is_of(anyone, _PEOPLE[people], changes.SUBJECT)
        connection.execute(f"create temp table {table} as from {anyone} where {theirs}")
    return table


def of_anyone(connection: duckdb.DuckDBPyConnection, relation: str, others: str = "") -> str:
    """The rows of all whom a model may ask for, read once; of everybody else only the key is. `others` adds keys.

    Who changes the relation later in the same step changes this too.
    """
    table = _table_of_people(relation, "anyone")
    if not _is_noted(connection, table):
        keys = f"({_ANYONE} union all {others})" if others else f"({_ANYONE})"
        ids = f"select rowid from {relation} where {is_of(relation, keys, changes.SUBJECT)}"  # noqa: S608
        connection.execute(f"create temp table {table} as from {relation} where rowid in ({ids})")
    return table


def _rows_of_people(connection: duckdb.DuckDBPyConnection, relation: str, people: str) -> str:
    """By their row ids: a table so wide is not read whole for rows so far apart, and each model names few columns.

    Good for the transaction under way: the checkpoint after it may move rows.
    """
    ids, where = f"{_table_of_people(relation, people)}_ids", is_of(relation, _PEOPLE[people], changes.SUBJECT)
    connection.execute(f"create or replace temp table {ids} as select rowid as id from {relation} where {where}")  # noqa: S608
    return f"(select * from {relation} where rowid in (select id from {ids}))"  # noqa: S608


def _is_noted(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    found = connection.execute("select 1 from duckdb_tables() where temporary and 'temp.' || table_name = ?", [table])
    return bool(found.fetchall())


def _table_of_people(relation: str, people: str) -> str:
    return f"temp.{relation.replace('.', '_')}_of_{people}"


def _table_of_rebuilt(relation: str) -> str:
    return f"temp.{relation.replace('.', '_')}_rebuilt"


@cache
def _models() -> dict[str, Statement]:
    return {model.relation: model for model in all_models()}


def replaced(connection: duckdb.DuckDBPyConnection, model: Statement) -> str:
    """A condition for the rows of the model that its part replaces."""
    match model.incremental:
        case "event":
            return _is_changed_record(connection, model.relation)
        case "subject":
            return is_of(model.relation, _PEOPLE[part_of(model)], changes.SUBJECT)
        case "date":
            return changes.is_changed_day(connection) + (' or "date" is null' if model.folder == "rules" else "")
    return "true"


def note_rebuilt(connection: duckdb.DuckDBPyConnection, model: Statement, text: str) -> str:
    """Write down the rows that replace those of a part; who asks for them later need not look for them in the table."""
    table = _table_of_rebuilt(model.relation)
    connection.execute(f"create or replace temp table {table} as {text}")
    return table


def rebuilt(connection: duckdb.DuckDBPyConnection, model: Statement) -> str:
    """The rows of a model that the refresh under way built, in any order."""
    table = _table_of_rebuilt(model.relation)
    if _is_noted(connection, table):
        return table
    if model.incremental and changes.in_parts(connection):
        return f"(select * from {model.relation} where {replaced(connection, model)})"  # noqa: S608
    return model.relation


def _is_changed_record(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    is_one = is_of(relation, "changed.events", changes.KEY)
    return f"{changes.may_be_changed_day(connection)} and ({is_one} or {changes.is_marked_day(connection)})"


def is_of(relation: str, other: str, columns: tuple[str, ...]) -> str:
    """A condition for the rows of a relation whose columns are those of a row of the other."""
    name = relation.partition(".")[2]
    if columns == changes.SUBJECT and not relation.startswith("marts."):  # which have no key
        columns = ("subject_key",)
    same = " and ".join(f'other."{column}" = {name}."{column}"' for column in columns)
    return f"exists (select 1 from {other} as other where {same})"  # noqa: S608
