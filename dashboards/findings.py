"""Findings: what breaks a limit, and where to see it for oneself."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException

from consent.acknowledgements import Acknowledgement
from consent.settings import Settings
from dashboards import filters
from dashboards.filters import Filters
from dashboards.i18n import gettext as _
from dashboards.i18n import translated
from dashboards.page import Asked, Built, Choices, Page
from dashboards.queries import Row, Snapshot

PAGE = 50  # rows on one page


@dataclass(frozen=True)
class Findings:
    """One page of findings, the gravest first."""

    filters: Filters
    rows: list[Row]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True)
class Evidence:
    """Where a finding can be checked: a record in the topic, or a line of a policy file."""

    kind: str
    place: str
    cells: tuple[tuple[str, Any], ...]


def findings(
    snapshot: Snapshot, filters: Filters, page: int, acknowledged: Mapping[str, Acknowledgement] | None = None
) -> Findings:
    """One page of the findings that the filters leave; a page past the end shows the last one.

    `acknowledged` are the answers given since the snapshot was made: they show at once.
    """
    count = snapshot.one("findings_count", filters.parameters()) or {"findings": 0}
    total = int(count["findings"])
    page = min(page, max(1, -(-total // PAGE)))
    rows = snapshot.rows("findings", filters.parameters(rows=PAGE, skip=(page - 1) * PAGE))
    return Findings(filters, [with_answer(row, acknowledged or {}) for row in rows], total, page)


def finding(snapshot: Snapshot, finding_id: str) -> Row | None:
    """One finding with what its rule says (`rule_title`, `rule_description`, `rule_evidence`), or None."""
    row = snapshot.one("finding", {"finding_id": finding_id})
    if row is None:
        return None
    unknown = {"rule_title": row["rule_id"], "rule_description": None, "rule_evidence": None}
    return {**row, **(snapshot.one("rule", row) or unknown)}


def with_answer(row: Row, acknowledged: Mapping[str, Acknowledgement]) -> Row:
    """The finding with the status that an answer given since gives it."""
    is_open = row["status"] in {"open", "reopened"}
    return {**row, "status": "acknowledged"} if is_open and row["finding_id"] in acknowledged else row


def history(snapshot: Snapshot, row: Row, acknowledged: Acknowledgement | None) -> list[Row]:
    """What happened to a finding, the newest first; an answer the snapshot does not know yet included."""
    if snapshot.holds("finding_history"):
        known = snapshot.rows("finding_history", {"finding_id": row["finding_id"]})
    else:
        known = [{"at": row["first_seen"], "event": "opened", "by": "", "until": None, "why": ""}]
    if acknowledged and not any(one["event"] == "acknowledged" and one["at"] == acknowledged.at for one in known):
        answer = {"at": acknowledged.at, "event": "acknowledged"}
        known = [{**answer, "by": acknowledged.by, "until": acknowledged.until, "why": acknowledged.why}, *known]
    return known


def _list(asked: Asked) -> Built:
    view = findings(asked.snapshot, asked.filters, page_number(asked.query.get("page", "1")), asked.acknowledged)
    return Built({"view": view})


def page_number(text: str) -> int:
    """The page that an address names. Raises HTTPException for what is none."""
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) > 0):
        raise HTTPException(400, _("The page is a whole number from 1."))
    return int(text)


def _choices(snapshot: Snapshot, _settings: Settings) -> Choices:
    """Rules by their titles."""
    return {"names of rule": {row["rule_id"]: translated(row["title"]) for row in snapshot.rows("rules", {})}}


PAGE_OF_FINDINGS = Page("findings", "/findings", filters.FINDINGS, _list, choices=_choices)


def evidence(text: str | None) -> list[Evidence]:
    """The evidence column, a JSON list, as rows to show; what is not understood is shown as it is."""
    try:
        entries = json.loads(text or "[]")
    except ValueError:
        return [Evidence("other", str(text), ())]
    return [_evidence(entry) for entry in (entries if isinstance(entries, list) else [entries])]


def _evidence(entry: object) -> Evidence:
    if isinstance(entry, dict) and "file" in entry:
        line = entry.get("line")
        place = _("%(file)s, line %(line)s", file=entry["file"], line=line) if line is not None else str(entry["file"])
        return Evidence("policy", place, tuple(entry.items()))
    if isinstance(entry, dict) and "offset" in entry:
        place = _(
            "%(topic)s, partition %(partition)s, offset %(offset)s",
            topic=entry.get("topic", "?"), partition=entry.get("partition", "?"), offset=entry["offset"],
        )  # fmt: skip
        return Evidence("record", place, tuple(entry.items()))
    return Evidence("other", json.dumps(entry, ensure_ascii=False, sort_keys=True), ())
