"""People's requests: what was asked, when it is due, and what became of it; a keyed hash stands for the person.

An answer is due one month after the request arrived (GDPR 12(3)). The log is kept on after an erasure: it shows that
the right was given, and without the key of this home it names nobody.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

import duckdb

from consent.errors import ConsentError

RequestKind = Literal["access", "erasure", "restriction", "rectification", "objection"]
_REFERENCE = re.compile(r"[\w#/.:-]{0,64}")


@dataclass(frozen=True)
class Request:
    """One request; times are naive UTC, `site` is empty for every site, `closed_at` None while it is open."""

    request_id: str
    kind: RequestKind
    site: str
    subject_hash: str
    reference: str
    received_at: datetime
    due_at: datetime
    closed_at: datetime | None
    outcome: str

    def is_overdue(self, moment: datetime) -> bool:
        """Whether it was, or has been, left open for too long."""
        return (self.closed_at or moment) > self.due_at


def log_request(
    connection: duckdb.DuckDBPyConnection,
    kind: str,
    subject_hash: str,
    *,
    site: str = "",
    received_at: datetime | None = None,
    reference: str = "",
) -> str:
    """Note a request; its id. `received_at` (aware; None: now) is when it arrived, by whatever way.

    Raises ConsentError for a kind that is none, a time to come, and a reference with other than letters, digits and
    `#/.:_-`, up to 64: it is a ticket's number, not a name.
    """
    now = datetime.now(UTC)
    moment = received_at or now
    if kind not in get_args(RequestKind):
        raise ConsentError(f"kind: expected one of {', '.join(get_args(RequestKind))}; came {kind!r}")
    if moment > now:
        raise ConsentError(f"received: expected a time that has passed; came {moment.isoformat()}")
    if not _REFERENCE.fullmatch(reference):
        raise ConsentError("reference: expected up to 64 letters, digits and # / . : _ -, such as a ticket's number")
    request_id = str(uuid.uuid4())
    connection.execute(
        "insert into raw.requests select $id, $kind, $site, $hash, $reference, $at, $at + interval 1 month, null, ''",
        {
            "id": request_id,
            "kind": kind,
            "site": site,
            "hash": subject_hash,
            "reference": reference,
            "at": moment.astimezone(UTC).replace(tzinfo=None),
        },
    )
    return request_id


def close_requests(
    connection: duckdb.DuckDBPyConnection, kind: RequestKind, subject_hash: str, *, site: str = "", outcome: str
) -> int:
    """Close every open request of this kind about the person (and site); how many. `outcome` names nobody."""
    closed = connection.execute(
        "update raw.requests set closed_at = $now, outcome = $outcome where closed_at is null and kind = $kind "
        "and subject_hash = $hash and ($site = '' or site = $site) returning request_id",
        {
            "now": datetime.now(UTC).replace(tzinfo=None),
            "outcome": outcome,
            "kind": kind,
            "hash": subject_hash,
            "site": site,
        },
    ).fetchall()
    return len(closed)


def requests(connection: duckdb.DuckDBPyConnection, *, open_only: bool = False) -> list[Request]:
    """The log, what is due first first."""
    rows = connection.execute(
        "select request_id, kind, site, subject_hash, reference, received_at, due_at, closed_at, outcome "
        "from raw.requests where closed_at is null or not ? order by closed_at is not null, due_at, request_id",
        [open_only],
    ).fetchall()
    return [Request(*row) for row in rows]
