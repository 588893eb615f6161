"""Charts: Vega-Lite specs, drawn on the server, so that page, report, print and download show the same picture.

The SVG carries no script, no style and no colour of the page: text is a mid-grey that reads on white and on black
where no stylesheet reaches it, and `static/style.css` sets it to the colour of the text around it.
"""

from dashboards.charts.drawing import Chart, Charts, draw, picture, warm
from dashboards.charts.intervals import Estimate, IntervalChart
from dashboards.charts.lines import LineChart, Point, Series, spec
from dashboards.charts.palette import (
    BLUE,
    GREEN,
    GREY,
    HALF,
    NARROW,
    ORANGE,
    OTHERS,
    PURPLE,
    SMALL,
    VERMILLION,
    WIDE,
    category_colours,
)

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "HALF",
    "NARROW",
    "ORANGE",
    "OTHERS",
    "PURPLE",
    "SMALL",
    "VERMILLION",
    "WIDE",
    "Chart",
    "Charts",
    "Estimate",
    "IntervalChart",
    "LineChart",
    "Point",
    "Series",
    "category_colours",
    "draw",
    "picture",
    "spec",
    "warm",
]
