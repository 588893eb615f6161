"""Templates: Jinja2 with everything escaped, and the words, definitions and charts that they use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from dashboards import charts, filters, findings, i18n, labels, phrases, wilson, wording
from dashboards.charts import Chart, Charts
from dashboards.definitions import DEFINITIONS

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
        extensions=["jinja2.ext.i18n"],
    )
    made.policies["ext.i18n.trimmed"] = True
    made.install_gettext_callables(i18n.translated, i18n.translated_plural, newstyle=True)  # type: ignore[attr-defined]
    made.globals["_"] = _said  # as Jinja's own, which looks itself up in the context at every word
    filters_of_language: dict[str, Callable[..., Any]] = {
        "count": wording.count,
        "decimal": wording.decimal,
        "percent": wording.percent,
        "change": wording.change,
        "signed": wording.signed,
        "day": wording.day,
        "month": wording.month,
        "moment": wording.moment,
        "duration": wording.duration,
        "label": labels.label,
        "plural": wording.plural,
        "shorten": wording.shorten,
        "translated": i18n.translated,
        "citation": phrases.citation,
        "formula": phrases.formula,
        "lifetime": phrases.lifetime,
        "reason": phrases.reason,
        "told": phrases.told,
        "undecided": phrases.undecided,
    }
    made.filters |= {name: _at_run_time(function) for name, function in filters_of_language.items()}
    made.globals |= {
        "DEFINITIONS": DEFINITIONS,
        "KINDS": labels.KINDS,
        "EVIDENCE_MARKS": labels.EVIDENCE_MARKS,
        "REQUIRED": filters.REQUIRED,
        "field_label": filters.label,
        "options": filters.options,
        "value_label": labels.value,
        "span": wording.span,
        "interval": wording.interval,
        "wilson": wilson.interval,
        "by_step": wording.by_step,
        "period": wording.period,
        "evidence": findings.evidence,
        "item": phrases.item,
        "link": link,
        "carried": i18n.carried,
        "HALF": charts.HALF,
        "SMALL": charts.SMALL,
        "style_version": style_version(),
    }
    return made


def _said(message: str, /, **values: Any) -> Markup:
    """The message in the current language, with its values escaped."""
    return _message(i18n.language(), message) % values if values else _whole(i18n.language(), message)


@lru_cache(maxsize=4096)
def _message(_language: str, message: str) -> Markup:
    return Markup(i18n.translated(message))  # noqa: S704 -- a message of ours


@lru_cache(maxsize=4096)
def _whole(language: str, message: str) -> Markup:
    return _message(language, message) % {}


def _at_run_time(function: Callable[..., Any]) -> Callable[..., Any]:
    """As a filter that is not worked out when a template is compiled, in the language of whoever asks first."""

    @pass_context
    def filtered(_context: Context, *values: Any, **named: Any) -> Any:
        return function(*values, **named)

    return filtered


def link(*parts: str, **query: str) -> str:
    """An address inside the app, in the language that this one names; parts after the first are quoted."""
    path = "/".join([parts[0].rstrip("/"), *(quote(part, safe="") for part in parts[1:])]) or "/"
    return path + filters.encoded({**query, **i18n.carried()})


def drawn(drawings: Charts, identity: str) -> partial[Markup]:
    """A function for templates that puts a chart into the page at both widths; the stylesheet shows one."""
    return partial(_at_widths, drawings, identity)


def stylesheet(name: str = "style") -> str:
    """The one stylesheet, for pages that carry it inside; `report` is what a page of paper needs besides."""
    return (STATIC / f"{name}.css").read_text(encoding="utf-8")


def style_version() -> str:
    """Changes when the stylesheet does, so that browsers may keep it for good."""
    return hashlib.sha256(stylesheet().encode()).hexdigest()[:12]


def _at_widths(drawings: Charts, identity: str, chart: Chart, wide: int = charts.WIDE) -> Markup:
    if wide == charts.SMALL:
        return Markup(drawings.svg(identity, chart, charts.SMALL))  # noqa: S704 -- as below
    svgs = ((width, drawings.svg(identity, chart, width)) for width in (wide, charts.NARROW))
    # Safe: the renderer escapes every text of the chart, and nothing else of it comes from data.
    return Markup("").join(
        Markup('<div class="{}">{}</div>').format("narrow" if width == charts.NARROW else "wide", Markup(svg))  # noqa: S704
        for width, svg in svgs
    )
