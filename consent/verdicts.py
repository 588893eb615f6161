"""What a banner experiment says, from the columns of the mart `experiments`: in English there, in any on a page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from consent.tongue import Tongue, marked

FEWEST_SHOWN, FEWEST_ANSWERS = 100, 10
_SAID = {
    "winner": marked("%(variant)s wins"),
    "loser": marked("%(variant)s loses"),
    "no_difference": marked("%(variant)s makes no difference"),
}
_GUARDRAILS = {
    "withdrawal_rate": marked("withdrawal rate"),
    "reject_rate": marked("reject-all rate"),
    "dismissal_rate": marked("dismissal rate"),
    "decision_ms": marked("time to decide"),
}


def sentence(row: Mapping[str, Any], baseline: Mapping[str, Any], tongue: Tongue) -> str:
    """What follows for the variant of a row, `baseline` being the row of the variant it is compared with."""
    variant, against = row["variant"], baseline["variant"]
    if row["verdict"] == "sample_ratio_mismatch":
        return tongue.say(
            "The split of visitors is not the planned one: the assignment is broken, and no result can be trusted."
        )
    if row["verdict"] == "too_early":
        return tongue.say(
            "Too early: every variant needs %(prompts)s prompts and %(answers)s answers of each kind.",
            prompts=tongue.count(FEWEST_SHOWN), answers=tongue.count(FEWEST_ANSWERS),
        )  # fmt: skip
    if variant == against:
        return tongue.say("%(variant)s is what the other variants are compared with.", variant=variant)
    if row.get("lift") is None or row.get("lift_low") is None or row["verdict"] not in _SAID:
        return tongue.say("%(variant)s cannot be compared with %(baseline)s.", variant=variant, baseline=against)
    verdict = _SAID[row["verdict"]]
    text = tongue.say(
        "%(verdict)s: %(rate)s opt in to %(category)s, against %(other)s of %(baseline)s: %(lift)s (95%% interval"
        " %(low)s to %(high)s).",
        verdict=tongue.say(verdict, variant=variant), category=tongue.noun(row["category"]),
        rate=tongue.percent(row["opt_in_rate"]), other=tongue.percent(baseline["opt_in_rate"]), baseline=against,
        lift=tongue.change(row["lift"]), low=tongue.change(row["lift_low"]), high=tongue.change(row["lift_high"]),
    )  # fmt: skip
    worse = [tongue.say(_GUARDRAILS[name]) for name in worsened(row.get("guardrails")) if name in _GUARDRAILS]
    return " ".join([text, *([tongue.say("Worse: %(what)s.", what=", ".join(worse))] if worse else [])])


def worsened(guardrails: str | None) -> list[str]:
    """Names of the guardrails that got worse, of the column `guardrails`."""
    try:
        listed = json.loads(guardrails or "[]")
    except ValueError:
        return []
    return [one["name"] for one in listed if one.get("is_worse")] if isinstance(listed, list) else []
