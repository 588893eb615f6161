"""What a report says: everything its template shows, asked of one snapshot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboards.filters import FINDINGS, PROMPTS, Filters
from dashboards.overview import Overview, overview, sentence
from dashboards.queries import Row, Snapshot
from dashboards.reports.changes import Change, changes_that_matter
from dashboards.reports.period import Period

AUDIENCES = ("all", "product", "compliance")
LISTED = 100  # findings listed; the CSV has all


@dataclass(frozen=True)
class Contents:
    """A report's facts. `since` is None where the snapshot keeps no history of its findings."""

    period: Period
    site: str | None
    audience: str
    is_over: bool
    view: Overview
    changes: list[Change]
    findings: list[Row]
    since: list[Row] | None
    experiments: list[Row]

    @property
    def for_product(self) -> bool:
        """Whether it has the rates."""
        return self.audience != "compliance"

    @property
    def for_compliance(self) -> bool:
        """Whether it has the findings and what runs out."""
        return self.audience != "product"

    @property
    def sentences(self) -> list[tuple[Any, str]]:
        """Each category's rate and its sentence."""
        return [(rate, sentence(rate, self.period.days)) for rate in self.view.rates]

    def happened(self, *kinds: str) -> list[Row]:
        """The findings to which one of these happened in the period."""
        return [row for row in self.since or [] if row["change"] in kinds]


def contents(snapshot: Snapshot, period: Period, site: str | None, audience: str, *, is_over: bool) -> Contents:
    """Ask for everything; nothing in it comes from this machine's clock."""
    narrowed = {"site": site} if site else {}
    during = Filters(PROMPTS, narrowed, period.start, period.end)
    before = during.between(period.before.start, period.before.end)
    open_ones = Filters(FINDINGS, {**narrowed, "status": "open"})
    now, then = (snapshot.rows("opt_in_by_site", days.parameters()) for days in (during, before))
    has_history = snapshot.holds("finding_history")
    return Contents(
        period=period,
        site=site,
        audience=audience,
        is_over=is_over,
        view=overview(snapshot, during, recent_days=period.days),
        changes=changes_that_matter(now, then),
        findings=snapshot.rows("findings", open_ones.parameters(rows=LISTED, skip=0)),
        since=snapshot.rows("findings_since", during.parameters()) if has_history else None,
        experiments=snapshot.rows("experiments_told", during.parameters()) if snapshot.holds("experiments") else [],
    )
