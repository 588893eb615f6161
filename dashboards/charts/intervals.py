"""Rates side by side: one row for each thing compared, a dot for its rate and a bar for the 95% interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboards import wording
from dashboards.charts.palette import BLUE, NARROW, styled
from dashboards.i18n import gettext as _

_ROW = 26  # pixels


@dataclass(frozen=True)
class Estimate:
    """One row: its words, its rate with the ends of the interval, what hovering over it says."""

    label: str
    value: float | None
    low: float | None
    high: float | None
    says: str
    thin: bool = False


@dataclass(frozen=True)
class IntervalChart:
    """Estimates, one below the other, in the order given. `unit` is percent or count."""

    name: str
    title: str
    unit: str
    estimates: tuple[Estimate, ...]
    colour: str = BLUE

    @property
    def points(self) -> tuple[Estimate, ...]:
        """What there is to draw."""
        return tuple(e for e in self.estimates if e.value is not None)

    @property
    def summary(self) -> str:
        """What the picture shows, in words."""
        said = [estimate.says for estimate in self.estimates[:12]]
        more = len(self.estimates) - len(said)
        return " ".join(
            [f"{self.title}.", *(f"{text}." for text in said), *([_("And %(n)s more.", n=more)] * (more > 0))]
        )

    def spec(self, width: int) -> dict[str, Any]:
        """The Vega-Lite spec at a width in pixels."""
        longest = 14 if width <= NARROW else 28
        labels = [wording.shorten(estimate.label, longest) for estimate in self.estimates]
        left = 8 * max((len(label) for label in labels), default=0) + 14
        number = "%" if self.unit == "percent" else ",d"
        x = {
            "field": "value",
            "type": "quantitative",
            "scale": {"zero": False, "nice": True},
            "axis": {"format": number, "tickCount": 5, "grid": True},
        }
        y = {
            "field": "row",
            "type": "ordinal",
            "sort": None,
            "title": None,
            "axis": {"labelExpr": "substring(datum.value, 4)", "labelLimit": left},
        }
        shared = {"y": y, "color": {"value": self.colour}}
        dot = {"x": x, "description": {"field": "says", "type": "nominal"}, **shared}
        point = {"type": "point", "opacity": 1, "size": 48, "invalid": "filter"}
        rows = [
            # A number in front keeps two rows apart whose shortened names are the same.
            {"row": f"{n:03d} {label}", "value": e.value, "low": e.low, "high": e.high, "says": e.says, "thin": e.thin}
            for n, (label, e) in enumerate(zip(labels, self.estimates, strict=True))
        ]
        return styled(
            {
                "data": {"name": "points"},
                "layer": [
                    {
                        "mark": {"type": "rule", "strokeWidth": 3, "opacity": 0.4, "aria": False},
                        "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}, **shared},
                    },
                    {"mark": {**point, "filled": True}, "encoding": dot, "transform": [{"filter": "!datum.thin"}]},
                    {"mark": {**point, "filled": False}, "encoding": dot, "transform": [{"filter": "datum.thin"}]},
                ],
                "width": max(width - left - 20, 120),
                "height": _ROW * max(len(self.estimates), 1),
                "padding": {"left": 0, "right": 14, "top": 6, "bottom": 2},
                "datasets": {"points": rows},
            }
        )
