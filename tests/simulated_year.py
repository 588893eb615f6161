"""A year of daily counts of made-up sites, with the weather that real ones have, and faults planted on known days.

Traffic and rates differ by weekday, rates drift over the year and wander from day to day beyond chance, two weeks of
holidays bring a third of the visitors, and two platforms in two regions answer differently.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

import duckdb
import numpy as np
import pandas as pd

START = date(2025, 11, 24)
DAYS = 365
HOLIDAYS = range(200, 214)
SEGMENTS = {("web", "NO"): 0.4, ("web", "FR"): 0.2, ("ios", "NO"): 0.25, ("ios", "FR"): 0.15}
OFFSETS = {("web", "NO"): 0.02, ("web", "FR"): -0.06, ("ios", "NO"): 0.05, ("ios", "FR"): -0.06}
CATEGORIES = {"marketing": 0.42, "performance": 0.50, "functionality": 0.55}
Counts = dict[str, np.ndarray]


@dataclass
class Site:
    """What a site is like; `drops` take points off the rates of a platform (None: all), from a day on."""

    name: str
    seed: int
    volume: float = 1000
    trend: float = -0.10
    season: float = 0.04
    wander: float = 0.01
    drops: list[tuple[int, int, float, str | None]] = field(default_factory=list)  # day, days, points, platform
    shares: Callable[[int], dict[tuple[str, str], float]] = lambda _: SEGMENTS
    shown: Callable[[int, tuple[str, str]], float] = lambda *_: 1.0  # what reaches us of the prompts

    def rows(self) -> pd.DataFrame:
        """One row for each day, segment and category, with the columns of opt_in_daily and more."""
        chance = np.random.default_rng(self.seed)
        phase = chance.uniform(0, 2 * np.pi)
        made = []
        for day in range(DAYS):
            weekday = day % 7
            volume = self.volume * (0.7 if weekday >= 5 else 1.12) * (0.35 if day in HOLIDAYS else 1.0)
            moved = self.trend * day / DAYS + self.season * np.sin(2 * np.pi * weekday / 7 + phase)
            moved += chance.normal(0, self.wander)
            for segment, share in self.shares(day).items():
                prompts = int(chance.poisson(volume * share))
                lost = sum(
                    points
                    for first, length, points, platform in self.drops
                    if first <= day < first + length and platform in (None, segment[0])
                )
                bound = np.clip(0.78 + moved / 2, 0.02, 0.98)
                choices = int(chance.binomial(prompts, bound))
                shown = round(prompts * self.shown(day, segment))
                for category, base in CATEGORIES.items():
                    rate = np.clip((base + moved + OFFSETS[segment] - lost) / bound, 0.0, 1.0)
                    granted = int(chance.binomial(choices, rate))
                    made.append((day, self.name, *segment, category, shown, choices, granted))
        columns = ["day", "site", "platform", "region", "category", "shown", "choices", "granted"]
        return pd.DataFrame(made, columns=columns)


def on(day: int) -> date:
    """The date of a day of the year."""
    return START + timedelta(days=day)


def marts(*sites: Site) -> duckdb.DuckDBPyConnection:
    """A database with prompts_daily and opt_in_daily of these sites."""
    rows = pd.concat([site.rows() for site in sites])  # noqa: F841 - DuckDB reads it by its name
    connection = duckdb.connect()
    connection.execute(
        "create table opt_in_daily as select ?::date + day::integer as date, site, platform, region, "
        "'main' as banner_id, '3' as banner_version, 'a' as variant, category, "
        "shown::bigint as shown, choices::bigint as choices, choices::bigint as asked, granted::bigint as granted, "
        "(choices - granted)::bigint as denied from rows",
        [START],
    )
    connection.execute(
        "create table prompts_daily as select date, site, platform, region, banner_id, banner_version, variant, "
        "any_value(shown) as shown, any_value(choices) as choices, min(granted) as accept_all, "
        "(any_value(choices) - max(granted)) as reject_all, (max(granted) - min(granted)) as save, "
        "0::bigint as dismissed, 0::bigint as withdrawals from opt_in_daily group by all"
    )
    return connection
