"""Baselines for rate alerts, compared on simulated years: what each finds, what it raises by mistake, what it costs.

    python benchmarks/alerts.py

Prints, for each kind of year and each method, planted drops found on their first day, false alerts and CPU a fit.
"""

from __future__ import annotations

import time
import warnings

import numpy as np
import statsmodels.api as sm
from statsmodels.tsa.seasonal import STL

HISTORY, DAYS, SURE, LEAST_DROP = 56, 365, 4.0, 0.05
YEARS = {
    "as usual": {},
    "days wander by 2 points": {"wander": 0.02},
    "20 points up, 8 points of season": {"trend": 0.2, "season": 0.08},
}


def year(seed, *, trend=-0.10, season=0.04, wander=0.01, drop=0.10):
    """Rates, prompts and the first days of four planted drops of five days."""
    chance, days = np.random.default_rng(seed), np.arange(DAYS)
    volume = 1000 * np.where(days % 7 >= 5, 0.7, 1.1) * np.where((days >= 200) & (days < 214), 0.35, 1.0)
    rate = 0.42 + trend * days / DAYS + season * np.sin(2 * np.pi * (days % 7) / 7 + chance.uniform(0, 6))
    rate += chance.normal(0, wander, DAYS)
    starts = [int(70 + 75 * number + chance.integers(0, 20)) for number in range(4)]
    for start in starts:
        rate[start : start + 5] -= drop
    prompts = chance.poisson(volume)
    return chance.binomial(prompts, np.clip(rate, 0.01, 0.99)) / np.maximum(prompts, 1), prompts, starts


def design(days, *, slope):
    columns = [np.ones(len(days)), *((days % 7 == weekday).astype(float) for weekday in range(1, 7))]
    return np.column_stack([*columns, (days - days[-1]) / HISTORY] if slope else columns)


def weekday_median(rates, day):
    past = rates[day - 7 : max(day - HISTORY, 0) : -7]
    middle = np.median(past)
    return middle, 1.4826 * np.median(np.abs(past - middle))


def regression(norm, *, slope=False):
    def fit(rates, day):
        days = np.arange(day - HISTORY, day + 1)
        columns = design(days, slope=slope)
        fitted = sm.RLM(rates[days[:-1]], columns[:-1], M=norm).fit(maxiter=30)
        return float(columns[-1] @ fitted.params), fitted.scale

    return fit


def stl(rates, day):
    parts = STL(rates[day - HISTORY : day], period=7, robust=True).fit()
    rest = parts.resid
    spread = 1.4826 * np.median(np.abs(rest - np.median(rest)))
    return np.median(parts.trend[-14:]) + parts.seasonal[-7], spread


METHODS = {
    "median and MAD of the weekday": weekday_median,
    "RLM (Tukey), weekday and level": regression(sm.robust.norms.TukeyBiweight()),
    "RLM (Huber), weekday and level": regression(sm.robust.norms.HuberT()),
    "RLM (Tukey), with a slope": regression(sm.robust.norms.TukeyBiweight(), slope=True),
    "STL, robust": stl,
}


def judge(method, years):
    found = planted = false = fits = 0
    began = time.process_time()
    for rates, prompts, starts in years:
        inside = np.zeros(DAYS, bool)
        for start in starts:
            inside[start : start + 5] = True
        low = np.zeros(DAYS, bool)
        for day in range(HISTORY, DAYS):
            expected, scale = method(rates, day)
            fits += 1
            chance = max(expected * (1 - expected), 0.01)
            beyond = max(0.0, scale**2 - chance / np.median(prompts[day - HISTORY : day]))
            margin = max(SURE * np.sqrt(chance / max(prompts[day], 1) + beyond), LEAST_DROP)
            low[day] = expected - rates[day] >= margin
        planted += len(starts)
        found += sum(low[start] for start in starts)
        false += int((low & ~inside & ~np.r_[False, low[:-1]]).sum())
    return found, planted, false, (time.process_time() - began) / fits * 1000


def main():
    warnings.simplefilter("ignore")
    seeds = range(4)
    for name, kind in YEARS.items():
        years = [year(seed, **kind) for seed in seeds]
        print(f"{name}: {len(seeds)} years, {len(seeds) * (DAYS - HISTORY) / 30.4:.0f} site-months")
        for title, method in METHODS.items():
            found, planted, false, cost = judge(method, years)
            print(f"  {title:32} found {found}/{planted} at once, {false} false alerts, {cost:.2f} ms of CPU a fit")


if __name__ == "__main__":
    main()
