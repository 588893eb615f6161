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
_PEOPLE = ("subjects", "active")  # whose rows are looked for once, for all models that ask


def forget_people(connection: duckdb.DuckDBPyConnection, relation: str) -> None:
    """Look for people anew in a relation that is about to be built: who asked before saw what it was before."""
    for people in _PEOPLE:
        connection.execute(f"drop table if exists temp.{_table_of_people(relation, people)}")


def text_of(connection: duckdb.DuckDBPyConnection, model: Statement, part: str) -> str:
    """The SELECT over such a part of what it reads."""
    return narrowed(model, {name: source for name in model.reads if (source := _source(connection, part, name))})


def narrowed(model: Statement, sources: dict[str, str]) -> str:
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
    if model and model.is_view:
        text = text_of(connection, model, part)
        return f"({text})" if text != model.text else None
    source = None
    match part, model.incremental if model else "":
        case ("event", "event"):
            source = f"(select * from {relation} where {_is_changed_record(connection, relation)})"  # noqa: S608
        case ("subject", "event"):
            source = _rows_of_people(connection, relation, "subjects")
        case ("shrunk", "event"):
            source = _rows_of_people(connection, relation, "shrunk")
        case ("subject", "subject" | "earliest"):
            source = _of_people(connection, relation, "subjects")
        case ("date", "event" | "date"):
            source = f"(select * from {relation} where {changes.is_changed_day(connection)})"  # noqa: S608
        case ("date", "subject" | "earliest"):
            source = _of_people(connection, relation, "active")
    return source


def _of_people(connection: duckdb.DuckDBPyConnection, relation: str, people: str) -> str:
    """The rows of the subjects in `changed.subjects` or `changed.active`, looked for once for all models that ask."""
    table = _table_of_people(relation, people)
    there = connection.execute("select 1 from duckdb_tables() where temporary and table_name = ?", [table]).fetchall()
    if not there:
        where = is_of(relation, f"changed.{people}", changes.SUBJECT)
        connection.execute(f"create temp table {table} as from {relation} where {where}")
    return f"temp.{table}"


def _rows_of_people(connection: duckdb.DuckDBPyConnection, relation: str, people: str) -> str:
    """By their row ids: a table so wide is not read whole for rows so far apart, and each model names few columns.

    Good for the transaction under way: the checkpoint after it may move rows.
    """
    ids, where = f"{_table_of_people(relation, people)}_ids", is_of(relation, f"changed.{people}", changes.SUBJECT)
    connection.execute(f"create or replace temp table {ids} as select rowid as id from {relation} where {where}")  # noqa: S608
    return f"(select * from {relation} where rowid in (select id from temp.{ids}))"  # noqa: S608


def _table_of_people(relation: str, people: str) -> str:
    return f"{relation.replace('.', '_')}_of_{people}"


@cache
def _models() -> dict[str, Statement]:
    return {model.relation: model for model in all_models()}


def replaced(connection: duckdb.DuckDBPyConnection, model: Statement) -> str:
    """A condition for the rows of the model that its part replaces."""
    match model.incremental:
        case "event":
            return _is_changed_record(connection, model.relation)
        case "subject" | "earliest":
            return is_of(model.relation, "changed.subjects", changes.SUBJECT)
        case "date":
            return changes.is_changed_day(connection) + (' or "date" is null' if model.folder == "rules" else "")
    return "true"


def _is_changed_record(connection: duckdb.DuckDBPyConnection, relation: str) -> str:
    is_one = is_of(relation, "changed.events", changes.KEY)
    return f"{changes.may_be_changed_day(connection)} and ({is_one} or {changes.is_marked_day(connection)})"


def is_of(relation: str, other: str, columns: tuple[str, ...]) -> str:
    """A condition for the rows of a relation whose columns are those of a row of the other."""
    name = relation.partition(".")[2]
    if columns == changes.SUBJECT and relation.startswith("staging."):  # a mart has no key
        columns = ("subject_key",)
    same = " and ".join(f'other."{column}" = {name}."{column}"' for column in columns)
    return f"exists (select 1 from {other} as other where {same})"  # noqa: S608
