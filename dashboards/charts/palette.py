"""Colours, sizes and the style that every chart shares."""

from __future__ import annotations

from typing import Any

# Okabe and Ito's palette: told apart with any colour vision, and at least 3:1 on white and on black.
BLUE, VERMILLION, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
ORANGE, GREY, TEXT, RULE = "#e69f00", "#808080", "#7a7a7a", "#8886"
OTHERS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE, GREY)

# Pixels: a desktop's main column, half a page, a phone, one of several small charts.
WIDE, HALF, NARROW, SMALL = 760, 560, 358, 260
FONT = "Helvetica Neue, Liberation Sans, Arial, sans-serif"
# A second way to tell lines apart than their colour.
DASHES = {ORANGE: [5, 2], GREY: [2, 2], PURPLE: [7, 2, 2, 2]}

CATEGORIES = {"marketing": VERMILLION, "performance": BLUE, "functionality": GREEN, "necessary": GREY}


def category_colours(categories: list[str]) -> dict[str, str]:
    """A colour for each category, the same on every page."""
    others = [name for name in sorted(categories) if name not in CATEGORIES]
    return CATEGORIES | {name: (PURPLE, ORANGE)[n % 2] for n, name in enumerate(others)}


def styled(plot: dict[str, Any]) -> dict[str, Any]:
    """The plot with the axes, the font and the ground of the page."""
    axis = {
        "labelColor": TEXT,
        "labelFont": FONT,
        "labelFontSize": 12,
        "title": None,
        "domain": False,
        "tickColor": RULE,
        "gridColor": RULE,
        "gridOpacity": 0.55,
        "aria": False,
    }
    config = {
        "background": "transparent",
        "font": FONT,
        "view": {"stroke": None},
        "axis": axis,
        "axisX": {"grid": False, "tickSize": 4, "labelFlush": True},
        "axisY": {"ticks": False, "minExtent": 36},
    }
    return {"$schema": "https://vega.github.io/schema/vega-lite/v6.json", "config": config, **plot}
