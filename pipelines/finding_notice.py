"""Telling of new findings: one message for each refresh that saw any of severity high or critical open or reopen."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from consent.models import statement
from consent.settings import Settings
from consent.warehouse import open_snapshot
from pipelines.notifications import notify

_FOR_EVER = timedelta(days=3650)
_LISTED = 20

Row = tuple[Any, ...]


def tell(settings: Settings, *, since: timedelta) -> int:
    """Tell each target once of the findings that opened within `since` of the as-of time; how many messages there are.

    A target that could not be reached is tried again by the next refresh. Messages name rule, site and item, no person.
    """
    with contextlib.closing(open_snapshot(settings.snapshot)) as connection:
        rows = connection.execute(statement("reports.new_findings").text, {"since": since}).fetchall()
    groups = [(at, list(found)) for at, found in groupby(rows, key=lambda row: row[0])]
    for at, found in groups:
        notify(
            settings,
            key=f"findings:{at.isoformat()}",
            title=_title(found),
            body=_body(settings, at, found),
            quiet=_FOR_EVER,
        )
    return len(groups)


def _title(found: list[Row]) -> str:
    counts = {severity: sum(row[1] == severity for row in found) for severity in ("critical", "high")}
    told = " and ".join(f"{count} {severity}" for severity, count in counts.items() if count)
    return f"Consent: {told} finding{'' if len(found) == 1 else 's'}"


def _body(settings: Settings, at: datetime, found: list[Row]) -> str:
    base = f"{settings.dashboard_url.rstrip('/')}/findings/" if settings.dashboard_url else ""
    lines = [
        f"{severity}  {site}  {title}: {item or '-'} ({jurisdiction}){'  reopened' if event == 'reopened' else ''}"
        f"\n  {base}{finding_id}"
        for _, severity, event, site, title, item, jurisdiction, finding_id in found[:_LISTED]
    ]
    if len(found) > _LISTED:
        lines.append(f"and {len(found) - _LISTED} more: `consent findings list`")
    return f"Seen by the refresh as of {at:%Y-%m-%d %H:%M} UTC:\n\n" + "\n".join(lines)
