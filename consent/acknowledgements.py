"""Acknowledging a finding: someone answers for leaving it as it is, until a day and for a reason.

Kept as lines of `<home>/acknowledgements.ndjson`, so that it needs no turn at the warehouse. A refresh takes up those
made before its as-of time; until then readers of the snapshot lay `standing` over it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from consent.errors import ConsentError
from consent.journal import Journal, Line
from consent.settings import Settings

_FINDING_ID = re.compile(r"[0-9a-f]{32}")
_LONGEST = {"by": 200, "why": 1000}


@dataclass(frozen=True)
class Acknowledgement:
    """One line of the journal: made `at` (naive UTC), holding through the day `until`; None takes the last one back."""

    finding_id: str
    at: datetime
    by: str
    until: date | None
    why: str

    @property
    def ends_at(self) -> datetime:
        """The moment from which it no longer holds, naive UTC."""
        if self.until is None:
            return self.at
        return datetime.combine(self.until, datetime.min.time()) + timedelta(days=1)


def journal(settings: Settings) -> Journal:
    """Where they are kept."""
    return Journal(settings.home / "acknowledgements.ndjson")


def acknowledge(settings: Settings, finding_id: str, *, by: str, until: date, why: str) -> Acknowledgement:
    """Keep that `by` leaves the finding as it is until the end of the day `until`, UTC, for the reason `why`.

    Raises ConsentError for an id that cannot be one, an empty or too long text, and a day that has passed.
    """
    if not isinstance(until, date) or isinstance(until, datetime):
        raise ConsentError(f"until: expected a day such as 2027-01-31; came {until!r}")
    if until < datetime.now(UTC).date():
        raise ConsentError(f"until: expected today (UTC) or a later day; came {until}")
    return _append(settings, finding_id, by, until, why)


def take_back(settings: Settings, finding_id: str, *, by: str, why: str) -> Acknowledgement:
    """End the acknowledgement that holds now. Raises ConsentError as `acknowledge`, and where none holds."""
    if finding_id not in standing(read(settings), _now()):
        raise ConsentError(f"finding {finding_id}: no acknowledgement holds that could be taken back")
    return _append(settings, finding_id, by, None, why)


def read(settings: Settings) -> list[Acknowledgement]:
    """All that were ever made, oldest first. Lines that are not whole, or not of this form, are left out."""
    made = [_parse(line) for line in journal(settings).read()]
    return [one for one in made if one is not None]


def standing(made: list[Acknowledgement], moment: datetime) -> dict[str, Acknowledgement]:
    """By finding, the one that holds at `moment` (naive UTC): the last made by then, unless it has ended."""
    latest = {one.finding_id: one for one in sorted(made, key=lambda one: one.at) if one.at <= moment}
    return {finding_id: one for finding_id, one in latest.items() if one.ends_at > moment}


def _append(settings: Settings, finding_id: str, by: str, until: date | None, why: str) -> Acknowledgement:
    if not _FINDING_ID.fullmatch(finding_id):
        raise ConsentError("finding id: expected its 32 hexadecimal digits, as `consent findings list` shows them")
    for name, text in (("by", by), ("why", why)):
        if not text.strip() or len(text) > _LONGEST[name]:
            raise ConsentError(f"{name}: expected 1 to {_LONGEST[name]} characters; came {len(text.strip())}")
    one = Acknowledgement(finding_id, _now(), by.strip(), until, why.strip())
    journal(settings).append(
        {
            "finding_id": one.finding_id,
            "at": f"{one.at.isoformat()}Z",
            "by": one.by,
            "until": one.until.isoformat() if one.until else None,
            "why": one.why,
        }
    )
    return one


def _parse(line: Line) -> Acknowledgement | None:
    try:
        at = datetime.fromisoformat(line["at"]).astimezone(UTC).replace(tzinfo=None)
        until = date.fromisoformat(line["until"]) if line["until"] else None
        return Acknowledgement(str(line["finding_id"]), at, str(line["by"]), until, str(line["why"]))
    except (KeyError, TypeError, ValueError):
        return None


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)
