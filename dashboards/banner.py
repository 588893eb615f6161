"""The banner: its versions, its experiments with a verdict in a sentence, and how far people go in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from consent.verdicts import sentence
from dashboards import charts, filters, labels, wording
from dashboards.charts import Estimate, IntervalChart
from dashboards.i18n import gettext as _
from dashboards.page import Asked, Built, Page
from dashboards.queries import Row, Snapshot
from dashboards.spoken import SPOKEN
from dashboards.wilson import THIN

SHOWN = 12  # experiments that get a chart; the download has all


@dataclass(frozen=True)
class Experiment:
    """One banner and category: its variants, the baseline first, and what follows from them."""

    site: str
    banner: str
    category: str
    variants: tuple[Row, ...]
    chart: IntervalChart

    @property
    def verdict(self) -> str:
        """The one that counts: a mismatch before a winner before a loser before none."""
        found = {row["verdict"] for row in self.variants}
        order = ("sample_ratio_mismatch", "winner", "loser", "too_early", "no_difference")
        return next((name for name in order if name in found), "no_difference")

    @property
    def sentence(self) -> str:
        """What a product manager should take from it."""
        leading = [row for row in self.variants if row["verdict"] == self.verdict and row["variant"] != row["baseline"]]
        baseline = next((row for row in self.variants if row["variant"] == row["baseline"]), self.variants[0])
        return sentence((leading or list(self.variants))[0], baseline, SPOKEN)


@dataclass(frozen=True)
class Banners:
    """Everything the page shows. `experiments` and `funnel` are None where the snapshot does not hold them."""

    versions: list[Row]
    experiments: tuple[Experiment, ...] | None
    funnel: list[Row] | None


def banners(snapshot: Snapshot, chosen: filters.Filters) -> Banners:
    """Ask the snapshot for everything that the page shows under these filters."""
    parameters = chosen.parameters()
    funnel = snapshot.rows("funnel", parameters) if snapshot.holds("funnel_daily") else None
    tested = None
    if snapshot.holds("experiments"):
        tested = experiments(snapshot.rows("experiments", parameters))
    return Banners(snapshot.rows("banner_versions", parameters), tested, funnel)


def experiments(rows: Sequence[Row]) -> tuple[Experiment, ...]:
    """Rows of the relation, one experiment for each site, banner and category; those with a verdict first."""
    made = []
    wanted = [row for row in rows if row["category"] != "necessary"]
    for number, (key, group) in enumerate(
        groupby(wanted, lambda row: (row["site"], row["banner_id"], row["category"]))
    ):
        variants = tuple(sorted(group, key=lambda row: (row["variant"] != row["baseline"], row["variant"])))
        if len(variants) > 1:
            made.append(Experiment(*key, variants, _chart(f"experiment-{number}", key[2], variants)))
    order = ("sample_ratio_mismatch", "winner", "loser", "too_early", "no_difference")
    return tuple(sorted(made, key=lambda one: order.index(one.verdict))[:SHOWN])


def _chart(name: str, category: str, variants: Sequence[Row]) -> IntervalChart:
    estimates = tuple(
        Estimate(
            row["variant"] or "–",
            row["opt_in_rate"],
            row["ci_low"],
            row["ci_high"],
            f"{row['variant'] or '–'}: {wording.percent(row['opt_in_rate'])}"
            f" ({wording.count(row['granted'])} / {wording.count(row['shown'])})",
            thin=row["shown"] < THIN,
        )
        for row in variants
    )
    title = _("Opt-in rate per variant, %(category)s", category=labels.label(category))
    return IntervalChart(name, title, "percent", estimates, charts.category_colours([category])[category])


def _build(asked: Asked) -> Built:
    view = banners(asked.snapshot, asked.filters)
    return Built({"view": view}, {one.chart.name: one.chart for one in view.experiments or ()})


PAGE = Page("banner", "/banner", filters.BANNER, _build)
