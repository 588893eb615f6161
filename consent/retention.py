"""Retention: what the policies say is to be gone, by whole UTC days; and the journal of what was removed, and why.

Events, decisions and observations go by the site's `retention` and by the proof period (sql/kept/due.sql). A record in
quarantine has no site that can be trusted, so the shortest `quarantine` of any site empties it. Closed requests go by
the shortest `requests`, never before `request_log_minimum`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

import duckdb

from consent.journal import Journal
from consent.models import statement
from consent.removal import choose, remove_events
from consent.settings import Settings
from consent.signing import SigningKey

_QUARANTINE_DUE = (
    "kafka_timestamp::date + (select min(value) from policy.retention where relation = 'quarantine') "
    "< (select as_of::date from staging.run) and (key is not null or value is not null)"
)
_REQUESTS_DUE = (
    "closed_at::date + greatest((select min(value) from policy.retention where relation = 'requests'), "
    "(select max(value) from staging.limits where limit_name = 'request_log_minimum')) "
    "< (select as_of::date from staging.run)"
)


@dataclass(frozen=True)
class Purged:
    """Records of one site and relation that a rule removed, or, with `refused`, that it would have.

    `rule` is the retention, or `end of the proof period`; `early` says that the proof period had not ended.
    """

    site: str
    relation: str
    rule: str
    records: int
    first_day: date
    last_day: date
    early: bool = False
    refused: bool = False


def journal(settings: Settings) -> Journal:
    """Where it is kept what was purged."""
    return Journal(settings.home / "retention.ndjson")


def due(connection: duckdb.DuckDBPyConnection, *, even_proof: bool = False) -> list[Purged]:
    """What is due as of the last refresh. Proof whose period has not ended is refused, unless `even_proof`."""
    rows = connection.execute(
        f'select site, relation, rule, count(*), min("date"), max("date"), is_early, is_early and not ? '  # noqa: S608
        f"from ({statement('kept.due').text}) group by all order by all",
        [even_proof],
    ).fetchall()
    for relation, table, day, condition in (
        ("quarantine", "raw.quarantine", "kafka_timestamp", _QUARANTINE_DUE),
        ("requests", "raw.requests", "closed_at", _REQUESTS_DUE),
    ):
        counted = f"select count(*), min({day}::date), max({day}::date) from {table} where {condition}"  # noqa: S608
        [(records, first, last)] = connection.execute(counted).fetchall()
        if records:
            rows.append(("", relation, f"shortest retention of {relation}", records, first, last, False, False))
    return [Purged(*row) for row in rows]


def purge(
    connection: duckdb.DuckDBPyConnection,
    settings: Settings,
    *,
    even_proof: bool = False,
    key: SigningKey | None = None,
) -> list[Purged]:
    """Remove what is due, and write it down; what was done, and refused. The bytes go with `consent.rewriting`.

    A refresh before it and one after it keep all rates as they were. Raises WarehouseError without the one before.
    """
    done = due(connection, even_proof=even_proof)
    choose(
        connection,
        'select topic, topic_id, partition, "offset" '  # noqa: S608
        f"from ({statement('kept.due').text}) where not is_early or $even_proof",
        {"even_proof": even_proof},
    )
    remove_events(connection, "purged", key)
    connection.execute(f"update raw.quarantine set key = null, value = null where {_QUARANTINE_DUE}")  # noqa: S608
    connection.execute(f"delete from raw.requests where {_REQUESTS_DUE}")  # noqa: S608
    now = datetime.now(UTC).replace(microsecond=0)
    for one in done:
        names = ", ".join(asdict(one))
        connection.execute(
            f"insert into raw.purges (purged_at, {names}) values (?{', ?' * len(asdict(one))})",  # noqa: S608
            [now.replace(tzinfo=None), *asdict(one).values()],
        )
        line = asdict(one) | {"first_day": one.first_day.isoformat(), "last_day": one.last_day.isoformat()}
        journal(settings).append({"at": now.isoformat(), **line})
    return done
