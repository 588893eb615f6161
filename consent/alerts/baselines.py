"""What a day's number should have been, from the weeks before it, however rough those were.

A rate is regressed on the day of the week and a level, by Tukey's biweight (statsmodels): a bad week or a broken day
weighs nothing in it. Chosen by measurement, benchmarks/alerts.py; decision 7 has the figures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WEEKS = 6
HISTORY = 7 * WEEKS  # days looked back at
LEAST_DAYS = 28  # with a number, for a baseline to be made from
LEAST_PER_DAY = 50  # of the denominator, for a day of the past to say anything about a rate
SURE = 3.0  # standard deviations; chance alone passes it once in 740 days
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Expected:
    """The rate that was to be expected, and the bounds within which a day is like others."""

    value: float
    low: float
    high: float


def expected_rate(rates: Floats, counts: Floats, day: int) -> Expected | None:
    """What the rate of `day` was to be, from up to 42 days before; None where they are too few.

    `rates` and `counts` (the denominators) are by day, without gaps; nan is a day without a rate. The bounds take in
    the day's own chance, which is large where few were asked, and how much days differ beyond chance.
    """
    import statsmodels.api as sm  # noqa: PLC0415 - takes seconds, and on most days nothing needs it

    days = np.arange(max(day - HISTORY, 0), day)
    days = days[~np.isnan(rates[days]) & (counts[days] >= LEAST_PER_DAY)]
    if len(days) < LEAST_DAYS or not counts[day]:
        return None
    with np.errstate(all="ignore"):  # weeks of the same rate have no spread at all
        fit = sm.RLM(rates[days], _design(days), M=sm.robust.norms.TukeyBiweight()).fit(maxiter=30)
        value = float(np.clip((_design(np.array([day])) @ fit.params)[0], 0.0, 1.0))
        spread = float(np.nan_to_num(fit.scale)) ** 2
    chance = max(value * (1 - value), 0.01)
    beyond = max(0.0, spread - chance / float(np.median(counts[days])))
    margin = SURE * float(np.sqrt(chance / counts[day] + beyond))
    return Expected(value, max(0.0, value - margin), min(1.0, value + margin))


def weekday_median(values: Floats, day: int) -> float:
    """The median of the same weekday in the 6 weeks before; nan where fewer than 3 of them have a number."""
    past = values[max(day - HISTORY, day % 7) : day : 7]
    past = past[~np.isnan(past)]
    return float(np.median(past)) if len(past) >= WEEKS // 2 else float("nan")


def _design(days: npt.NDArray[np.int64]) -> Floats:
    """A level, and what each other weekday adds to it."""
    return np.column_stack([np.ones(len(days)), *((days % 7 == weekday).astype(float) for weekday in range(1, 7))])
