"""docs/metrics.md, made from the registry."""

from __future__ import annotations

from collections.abc import Iterator

from consent.metrics import RELATIONS, Metric, Metrics

_ABOUT = {
    "prompts_daily": "Over prompts and choices, for each day, site, platform, region and banner",
    "opt_in_daily": "For each category, over the same days and places",
    "funnel_daily": "Over steps of the funnel, for each layer of the banner too",
    "coverage_daily": "Over page views that relied on a stored consent, for each category",
}


def metrics_page(registry: Metrics) -> Iterator[str]:
    """The page's lines."""
    yield "# Metrics"
    yield ""
    yield "Every number the product shows is defined once, in [`policies/metrics.yaml`](../policies/metrics.yaml);"
    yield "a team adds its own in `policies/metrics/*.yaml` ([the keys](../policies/README.md)). Each column in a"
    yield "formula is its sum over the rows that are grouped: over days, sites, regions, anything. Rates are never"
    yield "averaged, and what is divided by zero is null. Where more choices than prompts arrived, prompts are"
    yield "missing: what rests on them is null, never clipped and never negative. `consent metrics explain NAME`"
    yield "shows a metric with today's numbers, `consent metrics diff OLD.yaml NEW.yaml` what a changed definition"
    yield "does to history."
    for relation in RELATIONS:
        metrics = [metric for metric in registry if metric.over == relation]
        yield ""
        yield f"## {_ABOUT.get(relation, relation)}"
        yield ""
        yield f"From the relation `{relation}`."
        yield ""
        yield "| metric | formula | unit | what it says | leaves out | defined so by |"
        yield "|---|---|---|---|---|---|"
        for metric in metrics:
            yield _row(metric)
    yield ""
    yield "## As other products count"
    for preset in registry.presets.values():
        yield ""
        yield f"**{preset.title}.** {preset.differs}"
        yield ""
        yield "| its name | ours | formula |"
        yield "|---|---|---|"
        for theirs, ours in preset.metrics.items():
            yield f"| {theirs} | `{ours}` | {registry[ours].formula} |"


def _row(metric: Metric) -> str:
    null = f" (no number where {metric.null_when.shown})" if metric.null_when else ""
    cells = (
        f"`{metric.name}`",
        f"{metric.formula}{null}",
        metric.unit,
        f"**{metric.title}.** {metric.description}",
        metric.excludes,
        metric.source,
    )
    return f"| {' | '.join(cells)} |"
