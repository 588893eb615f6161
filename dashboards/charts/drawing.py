"""From a chart to its picture: SVG inside a page, SVG or PNG as a file of its own."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Protocol

from dashboards.charts.lines import LineChart, Point, Series
from dashboards.charts.palette import BLUE, NARROW, TEXT
from dashboards.charts.svg import tidy
from dashboards.i18n import language, locale, time_names
from dashboards.kept import Kept


class Chart(Protocol):
    """What can be drawn: hashable, so that one drawing serves all who ask for it."""

    @property
    def name(self) -> str:
        """Unique on its page."""

    @property
    def title(self) -> str:
        """What stands above it."""

    @property
    def summary(self) -> str:
        """What the picture shows, in words."""

    def spec(self, width: int) -> dict[str, Any]:
        """The Vega-Lite specification at a width in pixels."""


class Charts:
    """Drawn charts, kept by snapshot, language, spec and width."""

    def __init__(self) -> None:
        self._drawn: Kept[tuple[str, str, Chart, int], str] = Kept()

    def svg(self, identity: str, chart: Chart, width: int) -> str:
        """The chart as one `<svg>` element, safe to put into a page."""
        return self._drawn.get_or((identity, language(), chart, width), lambda: draw(chart, width))


def draw(chart: Chart, width: int) -> str:
    """Draw a chart at a width in pixels. The same chart gives the same bytes, in any process."""
    import vl_convert  # noqa: PLC0415 -- slow to load; `warm` does it beforehand

    svg = vl_convert.vegalite_to_svg(chart.spec(width), **_locales(language()))
    return tidy(svg, f"{chart.name}-{width}", chart.summary)


def picture(chart: Chart, width: int, kind: str) -> bytes:
    """The chart as a file of its own, on white: kind is svg or png (at twice the size)."""
    import vl_convert  # noqa: PLC0415 -- as above

    spec = chart.spec(width)
    spec["config"]["background"] = "#ffffff"
    spec["padding"] = 16
    if kind == "svg":
        return str(vl_convert.vegalite_to_svg(spec, **_locales(language()))).replace(TEXT, "#5b6168").encode()
    return bytes(vl_convert.vegalite_to_png(spec, scale=2, **_locales(language())))


def warm() -> None:
    """Load the chart libraries and start the renderer (more than a second), so that no visitor waits for it."""
    today = date(2000, 1, 1)
    points = tuple(Point(today + timedelta(days=n), "a", 0.5, "") for n in range(2))
    draw(LineChart("warm", "", "percent", "day", (Series("a", "a", BLUE),), points), NARROW)


@lru_cache
def _locales(of: str) -> dict[str, Any]:
    """How the renderer writes numbers and dates of axes; English is its own default."""
    if of == "en":
        return {}
    symbols = locale().number_symbols["latn"]
    times = {"dateTime": "%d.%m.%Y %H.%M", "date": "%d.%m.%Y", "time": "%H.%M", "periods": ["", ""], **time_names()}
    numbers = {"decimal": symbols["decimal"], "thousands": symbols["group"], "grouping": [3], "currency": ["", ""],
               "percent": "\u00a0%", "minus": "−"}  # fmt: skip
    return {"format_locale": numbers, "time_format_locale": times}
