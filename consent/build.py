"""Building models: each SELECT becomes its table, each rule's rows become hits."""

from __future__ import annotations

from datetime import datetime

import duckdb

from consent.models import Statement
from consent.warehouse import transaction


def set_run(
    connection: duckdb.DuckDBPyConnection, as_of: datetime, jurisdictions: list[str] | None = None, run_id: str = ""
) -> None:
    """Fix what this run is about, for every model: the as-of time (naive UTC), and, for an audit, under which laws.

    `run_id` lets a refresh see later that it is still the one whose models are being built.
    """
    with transaction(connection):
        connection.execute("delete from staging.run")
        connection.execute("insert into staging.run values (?, ?, ?)", [as_of, jurisdictions, run_id])


def build(connection: duckdb.DuckDBPyConnection, model: Statement) -> int:
    """Build one model from what is there now; returns its rows."""
    if model.folder == "rules":
        with transaction(connection):
            connection.execute("delete from rules.hits where rule_id = ?", [model.name])
            connection.execute(f"insert into rules.hits select '{model.name}', * from ({model.text})")  # noqa: S608
        counted = connection.execute("select count(*) from rules.hits where rule_id = ?", [model.name])
    else:
        connection.execute(f"create or replace table {model.relation} as {model.text}")
        counted = connection.execute(f"select count(*) from {model.relation}")  # noqa: S608
    return int(counted.fetchall()[0][0])


def violations(connection: duckdb.DuckDBPyConnection, check: Statement) -> int:
    """How many rows a check returns; each is something that should not be."""
    return int(connection.execute(f"select count(*) from ({check.text})").fetchall()[0][0])  # noqa: S608


def repeated_grains(connection: duckdb.DuckDBPyConnection, model: Statement) -> int:
    """How many grains of a built model have more than one row."""
    columns = ", ".join(f'"{column}"' for column in model.grain)
    return int(
        connection.execute(
            f"select count(*) from (select {columns} from {model.relation} group by all having count(*) > 1)"  # noqa: S608
        ).fetchall()[0][0]
    )
