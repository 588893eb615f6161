"""Findings: what breaks a limit, and where to see it for oneself."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from dashboards.filters import Filters
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


def findings(snapshot: Snapshot, filters: Filters, page: int) -> Findings:
    """One page of the findings that the filters leave; a page past the end shows the last one."""
    count = snapshot.one("findings_count", filters.parameters()) or {"findings": 0}
    total = int(count["findings"])
    page = min(page, max(1, -(-total // PAGE)))
    rows = snapshot.rows("findings", filters.parameters(rows=PAGE, skip=(page - 1) * PAGE))
    return Findings(filters, rows, total, page)


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
        place = f"{entry['file']}, line {line}" if line is not None else str(entry["file"])
        return Evidence("policy", place, tuple(entry.items()))
    if isinstance(entry, dict) and "offset" in entry:
        place = f"{entry.get('topic', '?')}, partition {entry.get('partition', '?')}, offset {entry['offset']}"
        return Evidence("record", place, tuple(entry.items()))
    return Evidence("other", json.dumps(entry, ensure_ascii=False, sort_keys=True), ())
