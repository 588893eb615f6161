"""Templates: Jinja2 with everything escaped, and the words, definitions and charts that they use."""

from __future__ import annotations

import hashlib
from functools import lru_cache, partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dashboards import charts, findings, wording
from dashboards.charts import Charts, LineChart
from dashboards.filters import LABELS, options

HERE = Path(__file__).resolve().parent
STATIC = HERE / "static"


@lru_cache
def environment() -> Environment:
    """The one template environment of the process; a name that a template does not get is an error."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "count": wording.count,
        "percent": wording.percent,
        "day": wording.day,
        "moment": wording.moment,
        "label": wording.label,
        "plural": wording.plural,
        "shorten": wording.shorten,
    }
    made.globals |= {
        "LABELS": LABELS,
        "DEFINITIONS": wording.DEFINITIONS,
        "KINDS": wording.KINDS,
        "EVIDENCE_MARKS": wording.EVIDENCE_MARKS,
        "options": options,
        "span": wording.span,
        "period": wording.period,
        "evidence": findings.evidence,
        "style_version": style_version(),
    }
    return made


def drawn(drawings: Charts, identity: str) -> partial[Markup]:
    """A function for templates that puts a chart into the page at both widths; the stylesheet shows one."""
    return partial(_both_widths, drawings, identity)


def stylesheet() -> str:
    """The one stylesheet, for pages that carry it inside."""
    return (STATIC / "style.css").read_text(encoding="utf-8")


def style_version() -> str:
    """Changes when the stylesheet does, so that browsers may keep it for good."""
    return hashlib.sha256(stylesheet().encode()).hexdigest()[:12]


def _both_widths(drawings: Charts, identity: str, chart: LineChart) -> Markup:
    svgs = ((width, drawings.svg(identity, chart, width)) for width in (charts.WIDE, charts.NARROW))
    # Safe: the renderer escapes every text of the chart, and nothing else of it comes from data.
    return Markup("").join(
        Markup('<div class="{}">{}</div>').format("wide" if width == charts.WIDE else "narrow", Markup(svg))  # noqa: S704
        for width, svg in svgs
    )
