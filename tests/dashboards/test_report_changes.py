"""Which changes a report tells: those too large for chance, and no others."""

from __future__ import annotations

import random
from typing import Any

import pytest

from dashboards.reports.changes import changes_that_matter

Row = dict[str, Any]


def row(granted: int, shown: int, category: str = "marketing", site: str = "shop") -> Row:
    return {"site": site, "category": category, "shown": shown, "granted": granted}


def test_a_large_change_is_told_with_its_interval_and_counts() -> None:
    [change] = changes_that_matter([row(240, 1000)], [row(300, 1000)])
    assert change.difference == pytest.approx(-0.06)
    # Newcombe (1998), method 10, computed by hand from the two Wilson intervals.
    assert (change.low, change.high) == pytest.approx((-0.0987, -0.0210), abs=2e-4)
    assert change.sentence == (
        "Marketing opt-in on shop fell by 6.0 points, from 30.0% to 24.0% (240 of 1,000 prompts;"
        " 95% interval of the change −9.9 … −2.1 points)."
    )


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (row(290, 1000), row(300, 1000)),  # chance
        (row(30, 90), row(900, 1000)),  # too few
        (row(500_500, 1_000_000), row(499_000, 1_000_000)),  # sure, and too small to matter
        (row(900, 1000, "necessary"), row(500, 1000, "necessary")),  # nobody chooses it
        (row(0, 1000), row(0, 1000)),
        (row(1000, 1000), row(1000, 1000)),
        (row(240, 1000, site="other"), row(300, 1000)),  # nothing to compare with
    ],
)
def test_others_are_not(now: Row, before: Row) -> None:
    assert changes_that_matter([now], [before]) == []


def test_the_largest_comes_first() -> None:
    now = [row(240, 1000), row(500, 1000, site="a"), row(100, 1000, "performance")]
    before = [row(300, 1000), row(300, 1000, site="a"), row(300, 1000, "performance")]
    found = [(change.site, change.category) for change in changes_that_matter(now, before)]
    assert found == [("a", "marketing"), ("shop", "performance"), ("shop", "marketing")]


def test_a_report_with_many_rows_seldom_tells_of_chance() -> None:
    """With nothing changed, at most about 1% of reports tell anything: 100 sites each, 200 reports."""
    draw = random.Random(7)
    told = 0
    for _ in range(200):
        now, before = (
            [row(sum(draw.random() < 0.4 for _ in range(120)), 120, site=f"s{site}") for site in range(20)]
            for _ in range(2)
        )
        told += bool(changes_that_matter(now, before))
    assert told <= 8
