"""Which changes of a rate matter: those too large for chance, and large enough to care about.

Two-proportion z-tests, with Holm's correction over all sites and categories of the report, so that a report with many
rows does not find something every week; intervals of the difference after Newcombe (1998). All from statsmodels.
"""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import labels, wording
from dashboards.i18n import gettext as _
from dashboards.queries import Row
from dashboards.wilson import THIN

ALPHA = 0.01  # of the whole report
LEAST = 0.01  # a change of less than one point matters to nobody


@dataclass(frozen=True)
class Change:
    """An opt-in rate of one site and category, in a period and in the one before; shares from 0 to 1."""

    site: str
    category: str
    now: Row
    before: Row
    low: float
    high: float
    p_value: float

    @property
    def difference(self) -> float:
        """The period's rate minus that of the one before."""
        return float(self.now["granted"] / self.now["shown"] - self.before["granted"] / self.before["shown"])

    @property
    def sentence(self) -> str:
        """The change in words, with its interval, numerators and denominators."""
        points = wording.decimal(abs(self.difference) * 100)
        said = {
            "category": labels.label(self.category),
            "site": self.site,
            "points": points,
            "before": wording.percent(self.before["granted"] / self.before["shown"]),
            "now": wording.percent(self.now["granted"] / self.now["shown"]),
            "part": wording.count(self.now["granted"]),
            "whole": wording.plural(self.now["shown"], "prompt"),
            "interval": f"{wording.signed(self.low * 100)} … {wording.signed(self.high * 100)}",
        }
        if self.difference > 0:
            return _(
                "%(category)s opt-in on %(site)s rose by %(points)s points, from %(before)s to %(now)s"
                " (%(part)s of %(whole)s; 95%% interval of the change %(interval)s points).",
                **said,
            )
        return _(
            "%(category)s opt-in on %(site)s fell by %(points)s points, from %(before)s to %(now)s"
            " (%(part)s of %(whole)s; 95%% interval of the change %(interval)s points).",
            **said,
        )


def changes_that_matter(now: list[Row], before: list[Row]) -> list[Change]:
    """The changes between two sets of rows (site, category, shown, granted), the largest first."""
    from statsmodels.stats.multitest import multipletests

    earlier = {(row["site"], row["category"]): row for row in before}
    pairs = [
        (row, then)
        for row in now
        if (then := earlier.get((row["site"], row["category"])))
        and row["category"] != "necessary"
        and min(row["shown"], then["shown"]) >= THIN
        and 0 < row["granted"] + then["granted"] < row["shown"] + then["shown"]
    ]
    if not pairs:
        return []
    tested = [_test(row, then) for row, then in pairs]
    rejected, adjusted, *_rest = multipletests(tested, alpha=ALPHA, method="holm")
    found = [
        Change(row["site"], row["category"], row, then, *_interval(row, then), float(p_value))
        for (row, then), matters, p_value in zip(pairs, rejected, adjusted, strict=True)
        if matters
    ]
    large = [change for change in found if abs(change.difference) >= LEAST]
    return sorted(large, key=lambda change: (-abs(change.difference), change.site, change.category))


def _test(now: Row, before: Row) -> float:
    from statsmodels.stats.proportion import proportions_ztest

    _z, p_value = proportions_ztest([now["granted"], before["granted"]], [now["shown"], before["shown"]])
    return float(p_value)


def _interval(now: Row, before: Row) -> tuple[float, float]:
    from statsmodels.stats.proportion import confint_proportions_2indep

    low, high = confint_proportions_2indep(
        now["granted"], now["shown"], before["granted"], before["shown"], method="newcomb", compare="diff"
    )
    return float(low), float(high)
