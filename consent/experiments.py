"""Banner experiments: counts of each variant into intervals, tests, guardrails and a verdict in a sentence.

The statistics are those of statsmodels and scipy; what is ours is which counts they are given and what is said about
the result. Wilson intervals (proportion_confint); two-proportion z-test against the baseline (proportions_ztest), Holm
over the variants (multipletests); sample ratio by chi-square (scipy.stats.chisquare); lift = rate / the baseline's
rate - 1, its interval that of the log risk ratio (confint_proportions_2indep); decision times by Welch's test on
logarithms (scipy.stats.ttest_ind_from_stats).

The fixed-horizon verdict holds for a look at a day chosen beforehand. `sequential_p` is always valid: with no true
difference it falls below alpha at any time in at most a share alpha of experiments, however often one looks.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from consent.tongue import ENGLISH
from consent.verdicts import FEWEST_ANSWERS, FEWEST_SHOWN, sentence

ALPHA = 0.05
SAMPLE_RATIO_ALPHA = 0.001
# Differences that are to be expected, as a standard deviation: what the mixture is tuned to, not what it is valid for.
MIXTURE_SD = 0.05
TYPES = {
    **dict.fromkeys(("site", "banner_id", "category", "variant"), "varchar"),
    **dict.fromkeys(("shown", "granted"), "bigint"),
    **dict.fromkeys(("opt_in_rate", "ci_low", "ci_high"), "double"),
    "baseline": "varchar",
    **dict.fromkeys(("lift", "p_value", "sample_ratio_p"), "double"),
    "verdict": "varchar",
    **dict.fromkeys(("lift_low", "lift_high", "sequential_p"), "double"),
    **dict.fromkeys(("sequential_verdict", "guardrails", "sentence"), "varchar"),
}
_RATES = {
    "withdrawal_rate": ("withdrawals", "choices"),
    "reject_rate": ("reject_all", "choices"),
    "dismissal_rate": ("dismissed", "shown"),
}


def always_valid_p(granted: Any, shown: Any, granted_0: Any, shown_0: Any, sd: float = MIXTURE_SD) -> Any:
    """Always-valid p-values of the difference of two proportions, elementwise over arrays.

    The mixture sequential probability ratio test with a normal mixture of variance sd^2 over the difference: p is the
    inverse of sqrt(v / (v + sd^2)) * exp(sd^2 d^2 / (2 v (v + sd^2))), d the difference and v its estimated variance.
    R. Johari, P. Koomen, L. Pekelis, D. Walsh, "Always Valid Inference: Continuous Monitoring of A/B Tests",
    Operations Research 70 (2022), eq. 12 and section 6; after H. Robbins, Annals of Math. Statistics 41 (1970).
    """
    granted, shown, granted_0, shown_0 = (
        np.asarray(given, dtype=float) for given in (granted, shown, granted_0, shown_0)
    )
    pooled = (granted + granted_0) / (shown + shown_0)
    variance = pooled * (1 - pooled) * (1 / shown + 1 / shown_0)
    difference = granted / shown - granted_0 / shown_0
    mixed = variance + sd**2
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = 0.5 * np.log(variance / mixed) + sd**2 * difference**2 / (2 * variance * mixed)
    return np.minimum(1.0, np.exp(-np.where(variance > 0, log_ratio, 0.0)))


def judge(counts: pd.DataFrame) -> pd.DataFrame:
    """One row per site, banner, category and variant, in the columns of TYPES.

    `counts` has, for each, the columns of sql/marts/experiments.sql: shown, choices, asked, granted, the guardrails'
    counts, the planned `weight` (null: not planned) and the site's `wanted_baseline` (null: the first variant).
    """
    rows: list[dict[str, Any]] = []
    for _, arms in counts.groupby(["site", "banner_id", "category"], sort=True):
        if len(arms) > 1:
            rows += _experiment([dict(arm) for _, arm in arms.sort_values("variant").iterrows()])
    return pd.DataFrame(rows, columns=list(TYPES))


def _experiment(arms: list[dict[str, Any]]) -> list[dict[str, Any]]:
    from statsmodels.stats.proportion import proportion_confint

    base = next((arm for arm in arms if arm["variant"] == arm["wanted_baseline"]), arms[0])
    others = [arm for arm in arms if arm is not base]
    ratio_p = sample_ratio_p(arms)
    too_early = any(_is_thin(arm) for arm in arms)
    incomplete = any(arm["granted"] > arm["shown"] for arm in arms)
    p_values = [None if incomplete else _z_test(arm, base, "granted", "shown") for arm in others]
    sequential = [
        None if p is None else float(always_valid_p(arm["granted"], arm["shown"], base["granted"], base["shown"]))
        for arm, p in zip(others, p_values, strict=True)
    ]
    adjusted, adjusted_sequential = _holm(p_values), _holm(sequential)
    rows = []
    for arm in arms:
        row = {name: arm[name] for name in ("site", "banner_id", "category", "variant", "shown", "granted")}
        row |= {"baseline": base["variant"], "sample_ratio_p": ratio_p}
        if arm["shown"] and not incomplete:
            low, high = proportion_confint(arm["granted"], arm["shown"], ALPHA, method="wilson")
            row |= {"opt_in_rate": arm["granted"] / arm["shown"], "ci_low": float(low), "ci_high": float(high)}
        place = others.index(arm) if arm is not base else None
        p = p_values[place] if place is not None else None
        if place is not None and p is not None:
            row |= {"p_value": p, "sequential_p": sequential[place], **_lift(arm, base)}
        difference = row.get("opt_in_rate", 0) - (base["granted"] / base["shown"] if base["shown"] else 0)
        row["verdict"] = _verdict(
            ratio_p, too_early, None if place is None or p is None else adjusted[place], difference, "no_difference"
        )
        row["sequential_verdict"] = _verdict(
            ratio_p,
            too_early,
            None if place is None or p is None else adjusted_sequential[place],
            difference,
            "undecided",
        )
        guardrails = _guardrails(arm, base) if place is not None else []
        row["guardrails"] = json.dumps(guardrails)
        rows.append(row)
    beside = next(row for row in rows if row["variant"] == base["variant"])
    return [row | {"sentence": sentence(row, beside, ENGLISH)} for row in rows]


def _holm(p_values: list[float | None]) -> list[float]:
    """Adjusted p-values; one that is missing counts as 1. Nothing is to be adjusted where none could be rejected."""
    from statsmodels.stats.multitest import multipletests

    given = [1.0 if p is None else p for p in p_values]
    if len(given) == 1 or min(given) >= ALPHA:
        return given
    return [float(p) for p in multipletests(given, ALPHA, method="holm")[1]]


def sample_ratio_p(arms: list[dict[str, Any]]) -> float | None:
    """The chi-square test of the shown counts against the planned split; equal shares where it is not planned.

    A plan that does not name exactly these variants is no plan for them. None where nothing was shown.
    """
    from scipy.stats import chisquare

    shown = np.array([arm["shown"] for arm in arms], dtype=float)
    weights = np.array([np.nan if pd.isna(arm["weight"]) else arm["weight"] for arm in arms], dtype=float)
    if np.isnan(weights).any() or (weights <= 0).any() or arms[0]["planned"] != len(arms):
        weights = np.ones(len(arms))
    if not shown.sum():
        return None
    return float(chisquare(shown, shown.sum() * weights / weights.sum()).pvalue)


def _is_thin(arm: dict[str, Any]) -> bool:
    answers = min(arm["granted"], arm["asked"] - arm["granted"])
    return bool(arm["shown"] < FEWEST_SHOWN or answers < FEWEST_ANSWERS)


def _z_test(arm: dict[str, Any], base: dict[str, Any], part: str, whole: str) -> float | None:
    """Two-sided p of equal proportions; None where there is nothing to compare or no variance."""
    from statsmodels.stats.proportion import proportions_ztest

    parts, wholes = (arm[part], base[part]), (arm[whole], base[whole])
    if not all(wholes) or any(one > all_ for one, all_ in zip(parts, wholes, strict=True)):
        return None
    if sum(parts) in (0, sum(wholes)):
        return None
    return float(proportions_ztest(parts, wholes)[1])


def _lift(arm: dict[str, Any], base: dict[str, Any]) -> dict[str, float]:
    from statsmodels.stats.proportion import confint_proportions_2indep

    if not base["granted"] or not arm["granted"]:
        return {}
    low, high = confint_proportions_2indep(
        arm["granted"], arm["shown"], base["granted"], base["shown"], compare="ratio", method="log", alpha=ALPHA
    )
    ratio = arm["granted"] / arm["shown"] / (base["granted"] / base["shown"])
    return {"lift": ratio - 1, "lift_low": float(low) - 1, "lift_high": float(high) - 1}


def _verdict(ratio_p: float | None, too_early: bool, p: float | None, difference: float, otherwise: str) -> str:
    if ratio_p is not None and ratio_p < SAMPLE_RATIO_ALPHA:
        return "sample_ratio_mismatch"
    if too_early:
        return "too_early"
    if p is None or p >= ALPHA:
        return otherwise
    return "winner" if difference > 0 else "loser"


def _guardrails(arm: dict[str, Any], base: dict[str, Any]) -> list[dict[str, Any]]:
    """What must not get worse, beside the baseline's: value, baseline, p, and is_worse (after Holm over them)."""
    from scipy.stats import ttest_ind_from_stats

    found: list[dict[str, Any]] = []
    for name, (part, whole) in _RATES.items():
        p = _z_test(arm, base, part, whole)
        values = [one[part] / one[whole] if one[whole] else None for one in (arm, base)]
        found.append({"name": name, "value": values[0], "baseline": values[1], "p_value": p})
    means = [_log_mean(one) for one in (arm, base)]
    if all(mean and mean[1] > 0 for mean in means):
        (mean, sd, n), (mean_0, sd_0, n_0) = means  # type: ignore[misc]
        p = float(ttest_ind_from_stats(mean, sd, n, mean_0, sd_0, n_0, equal_var=False).pvalue)
        values = [round(float(np.expm1(mean))), round(float(np.expm1(mean_0)))]
        found.append({"name": "decision_ms", "value": values[0], "baseline": values[1], "p_value": p})
    for one, p in zip(found, _holm([one["p_value"] for one in found]), strict=True):
        one["is_worse"] = bool(p < ALPHA and one["value"] > one["baseline"])
    return found


def _log_mean(arm: dict[str, Any]) -> tuple[float, float, int] | None:
    """Mean and standard deviation of ln(1 + decision_ms), from sums of its thousandths; None for fewer than two."""
    n = int(arm["timed"])
    if n < 2:
        return None
    mean = arm["log_ms"] / n
    variance = (arm["log_ms_squared"] - n * mean**2) / (n - 1)
    return mean / 1000, float(np.sqrt(max(variance, 0.0))) / 1000, n
