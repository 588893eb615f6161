"""Experiments against published worked examples, and against simulations of what is and is not there."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from consent.experiments import ALPHA, TYPES, always_valid_p, judge, sample_ratio_p


def arm(variant: str, shown: int, granted: int, **fields: Any) -> dict[str, Any]:
    """A variant in which everybody answers."""
    about = {"site": "shop", "banner_id": "main", "category": "marketing", "variant": variant}
    counts = {"shown": shown, "choices": shown, "asked": shown, "granted": granted}
    guards = {"reject_all": shown - granted, "dismissed": 0, "withdrawals": 0}
    times = {"timed": 0, "log_ms": 0, "log_ms_squared": 0}
    return about | counts | guards | times | {"weight": None, "planned": 0, "wanted_baseline": None} | fields


def judged(*arms: dict[str, Any]) -> list[dict[str, Any]]:
    found = judge(pd.DataFrame(arms))
    assert list(found.columns) == list(TYPES)
    return [dict(row) for _, row in found.iterrows()]


@pytest.mark.parametrize(
    ("granted", "shown", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_are_those_of_newcombe(granted: int, shown: int, low: float, high: float) -> None:
    """R. G. Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3."""
    row = judged(arm("a", shown, granted), arm("b", shown, granted))[0]
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((low, high), abs=0.00005)


def test_lift_and_test_are_those_of_the_physicians_health_study() -> None:
    """A. Agresti, Categorical Data Analysis, section 3.1: relative risk 1.82, (1.43, 2.30); z = 5.0."""
    base, row = judged(arm("aspirin", 11_037, 104), arm("placebo", 11_034, 189))
    assert (1 + row["lift"], 1 + row["lift_low"], 1 + row["lift_high"]) == pytest.approx((1.82, 1.43, 2.30), abs=0.006)
    assert row["p_value"] == pytest.approx(5.7e-7, rel=0.05)
    assert (base["verdict"], row["verdict"], row["baseline"]) == ("no_difference", "winner", "aspirin")
    assert row["sequential_verdict"] in ("winner", "undecided")
    assert row["sentence"].startswith("placebo wins: 1.7% opt in to marketing, against 0.9% of aspirin")


def test_the_sample_ratio_is_that_of_kohavi() -> None:
    """R. Kohavi, D. Tang, Y. Xu, Trustworthy Online Controlled Experiments, chapter 21: p = 1.8E-6."""
    arms = [arm("control", 821_588, 100_000), arm("treatment", 815_482, 100_000)]
    assert sample_ratio_p(arms) == pytest.approx(1.8e-6, rel=0.05)
    assert {row["verdict"] for row in judged(*arms)} == {"sample_ratio_mismatch"}


def test_a_planned_split_is_no_mismatch() -> None:
    arms = [arm("a", 9_000, 3_000, weight=9, planned=2), arm("b", 1_000, 330, weight=1, planned=2)]
    assert [row["verdict"] for row in judged(*arms)] == ["no_difference", "no_difference"]
    assert {row["verdict"] for row in judged(*(one | {"planned": 0} for one in arms))} == {"sample_ratio_mismatch"}


def test_holm_over_the_variants() -> None:
    """One comparison of p = 0.04 is a winner by itself, and none beside two others."""
    alone = judged(arm("a", 1_000, 300), arm("b", 1_000, 343))[1]
    assert 0.03 < alone["p_value"] < ALPHA
    assert alone["verdict"] == "winner"
    among = judged(*(arm(name, 1_000, granted) for name, granted in [("a", 300), ("b", 343), ("c", 301), ("d", 299)]))
    assert [row["verdict"] for row in among] == ["no_difference"] * 4


@pytest.mark.parametrize(("shown", "granted"), [(99, 50), (1_000, 9), (1_000, 991)])
def test_too_early(shown: int, granted: int) -> None:
    rows = judged(arm("a", shown, granted), arm("b", shown, granted))
    assert {row["verdict"] for row in rows} == {"too_early"}


def test_a_site_may_name_its_baseline_and_one_variant_is_no_experiment() -> None:
    arms = [arm(name, 1_000, 300, wanted_baseline="b") for name in "ab"]
    assert {row["baseline"] for row in judged(*arms)} == {"b"}
    assert judged(arms[0]) == []


def test_missing_impressions_leave_the_rates_out() -> None:
    rows = judged(arm("a", 100, 130, asked=200), arm("b", 100, 50))
    assert all(pd.isna(row["opt_in_rate"]) and pd.isna(row["p_value"]) for row in rows)
    assert not {row["verdict"] for row in rows} & {"winner", "loser"}


def test_guardrails_tell_what_got_worse() -> None:
    slow = {"timed": 1_000, "log_ms": 9_000_000, "log_ms_squared": 81_000_000_000 + 1_000 * 500**2}
    quick = {"timed": 1_000, "log_ms": 8_000_000, "log_ms_squared": 64_000_000_000 + 1_000 * 500**2}
    base = arm("a", 1_000, 300, dismissed=50, choices=900, **quick)
    row = judged(base, arm("b", 1_000, 400, dismissed=150, choices=900, **slow))[1]
    guardrails = {one["name"]: one for one in json.loads(row["guardrails"])}
    assert {name for name, one in guardrails.items() if one["is_worse"]} == {"dismissal_rate", "decision_ms"}
    assert guardrails["decision_ms"]["value"] == round(np.expm1(9))
    assert row["sentence"].endswith("Worse: dismissal rate, time to decide.")


def simulated(chance: np.random.Generator, experiments: int, rates: list[float], shown: int) -> pd.DataFrame:
    granted = chance.binomial(shown, rates, size=(experiments, len(rates)))
    return pd.DataFrame(
        [
            arm("abc"[place], shown, int(count), banner_id=f"banner-{number}")
            for number, counts in enumerate(granted)
            for place, count in enumerate(counts)
        ]
    )


def test_without_a_difference_at_most_one_experiment_in_twenty_has_a_winner() -> None:
    found = judge(simulated(np.random.default_rng(1), 400, [0.4, 0.4, 0.4], 2_000))
    decided = found[found["verdict"].isin(["winner", "loser"])]["banner_id"].nunique()
    assert decided / 400 <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 400)
    assert (found["verdict"] == "winner").groupby(found["banner_id"]).any().mean() <= 0.05


def test_a_difference_that_is_there_is_found() -> None:
    found = judge(simulated(np.random.default_rng(2), 60, [0.40, 0.46], 3_000))
    assert (found[found["variant"] == "b"]["verdict"] == "winner").mean() > 0.95


def test_whoever_looks_every_day_is_fooled_by_the_z_test_and_not_by_the_sequential_one() -> None:
    chance, experiments, days = np.random.default_rng(3), 4_000, 60
    for rate, daily in ((0.4, 200), (0.1, 500), (0.7, 50)):
        shown = np.arange(1, days + 1) * daily
        a, b = (chance.binomial(daily, rate, size=(experiments, days)).cumsum(axis=1) for _ in range(2))
        judgeable = (shown >= 100) & (np.minimum(a, b) >= 10)
        ever = ((always_valid_p(b, shown, a, shown) < ALPHA) & judgeable).any(axis=1).mean()
        assert ever <= ALPHA, rate
        pooled = (a + b) / (2 * shown)
        z = (b - a) / shown / np.sqrt(pooled * (1 - pooled) * 2 / shown)
        assert ((abs(z) > 1.96) & judgeable).any(axis=1).mean() > 3 * ALPHA


def test_planted_mismatches_are_found_and_fair_splits_are_not() -> None:
    chance = np.random.default_rng(4)
    planted = chance.binomial(20_000, 0.47, size=200)
    fair = chance.binomial(20_000, 0.5, size=1_000)
    assert all(sample_ratio_p([arm("a", n, 0), arm("b", 20_000 - n, 0)]) < 0.001 for n in map(int, planted))
    false = sum(sample_ratio_p([arm("a", n, 0), arm("b", 20_000 - n, 0)]) < 0.001 for n in map(int, fair))
    assert false <= 4
