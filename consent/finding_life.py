"""The life of findings across refreshes: what was seen as of when, and what people answered.

Everything else follows from these tables by SQL, so that a refresh as of a past time tells the history as it was then:

| table | rows |
|---|---|
| life.refreshes | the as-of times at which the set of findings was written down |
| life.observed | that set: what was found as of then, without any person |
| life.answers | the lines of the journal of acknowledgements |

A set is written down when it differs from the one before, and else once a day, for what the findings say.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import duckdb

from consent.acknowledgements import Acknowledgement
from consent.warehouse import transaction

_EVERY = timedelta(days=1)
_COLUMNS = (
    "finding_id, rule_id, kind, severity, jurisdiction, site, replace(item, subject, '…') as item, first_seen, "
    "last_seen, occurrences, replace(observed, subject, '…') as observed, replace(allowed, subject, '…') as allowed, "
    "replace(evidence, subject, '…') as evidence, citation, rule_case, evidence_mark"
)


def take_answers(connection: duckdb.DuckDBPyConnection, answers: Iterable[Acknowledgement]) -> int:
    """Put the journal's lines in the place of those taken before; how many there are."""
    rows = [[one.finding_id, one.at, one.by, one.until, one.why] for one in answers]
    with transaction(connection):
        connection.execute("delete from life.answers")
        for row in rows:
            connection.execute("insert into life.answers values (?, ?, ?, ?, ?)", row)
    return len(rows)


def record(connection: duckdb.DuckDBPyConnection) -> bool:
    """Write down what this refresh found, if there is anything to write; whether there was.

    The same as-of time again replaces what it saw before.
    """
    [(as_of,)] = connection.execute("select as_of from staging.run").fetchall()
    [(is_past,)] = connection.execute("select count(*) > 0 from life.refreshes where as_of > ?", [as_of]).fetchall()
    if is_past:  # looking back is not looking: what was seen when stays as it was
        return False
    with transaction(connection):
        connection.execute("delete from life.refreshes where as_of = ?", [as_of])
        connection.execute("delete from life.observed where as_of = ?", [as_of])
        [(last,)] = connection.execute("select max(as_of) from life.refreshes where as_of < ?", [as_of]).fetchall()
        if last is not None and as_of - last < _EVERY and not _differs(connection, last):
            return False
        connection.execute("insert into life.refreshes values (?)", [as_of])
        connection.execute(
            f"insert into life.observed by name select ?::timestamp as as_of, {_COLUMNS} from staging.findings_now",  # noqa: S608
            [as_of],
        )
    return True


def _differs(connection: duckdb.DuckDBPyConnection, last: object) -> bool:
    differing = connection.execute(
        """
        (select finding_id from staging.findings_now except select finding_id from life.observed where as_of = $last)
        union all
        (select finding_id from life.observed where as_of = $last except select finding_id from staging.findings_now)
        limit 1
        """,
        {"last": last},
    ).fetchall()
    return bool(differing)
