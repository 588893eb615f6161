"""What an alert says, from the columns of the mart `alerts` alone: in English there, in any language on a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from consent.tongue import Tongue

TOLD = 3  # drivers in the sentence; the column has up to five


def message(alert: Mapping[str, Any], title: str, drivers: Sequence[Mapping[str, Any]], tongue: Tongue) -> str:
    """The alert in one or two sentences, or nothing for a kind that is not known.

    `alert` has the mart's columns, `title` is the metric's title in that language, `drivers` are the mart's, decoded.
    """
    site, day = alert["site"], tongue.day(alert["first_seen"])
    said = {"site": site, "day": day, "prompts": tongue.count(alert["prompts"] or 0)}
    match alert["kind"]:
        case "rate_drop":
            return _rate_drop(alert, title, drivers, tongue, said)
        case "impressions_vanished":
            return tongue.say(
                "Prompts at %(site)s vanished: %(value)s on %(day)s, %(expected)s were expected. The banner, its tag"
                " or the way of its events may be broken.",
                value=tongue.count(alert["value"]), expected=tongue.count(alert["expected"]), **said,
            )  # fmt: skip
        case "segment_silent":
            return tongue.say(
                "At %(site)s the %(dimension)s %(segment)s fell silent: %(value)s prompts on %(day)s, %(expected)s were"
                " expected, while the rest of the site goes on.",
                dimension=tongue.noun(alert["dimension"]), segment=alert["segment"] or tongue.say("(none)"),
                value=tongue.count(alert["value"]), expected=tongue.count(alert["expected"]), **said,
            )  # fmt: skip
        case "choices_exceed_impressions":
            return tongue.say(
                "%(site)s has more choices than prompts: %(value)s against %(prompts)s on %(day)s. Prompts are missing,"
                " so rates over prompts are left out.",
                value=tongue.count(alert["value"]), **said,
            )  # fmt: skip
        case "category_always_true":
            return tongue.say(
                "Everyone who was asked about %(category)s at %(site)s granted it on %(day)s, over %(prompts)s prompts."
                " A box may be ticked from the start, or the event carries the wrong field.",
                category=tongue.noun(alert["category"]), **said,
            )  # fmt: skip
    return ""


def _rate_drop(
    alert: Mapping[str, Any], title: str, drivers: Sequence[Mapping[str, Any]], tongue: Tongue, said: dict[str, str]
) -> str:
    about = f"{title} ({tongue.noun(alert['category'])})" if alert["category"] else title
    text = tongue.say(
        "%(about)s at %(site)s fell to %(value)s on %(day)s; %(expected)s was expected (%(low)s to %(high)s). The"
        " day's rate is over %(prompts)s.",
        about=about, value=tongue.percent(alert["value"]), expected=tongue.percent(alert["expected"]),
        low=tongue.percent(alert["expected_low"]), high=tongue.percent(alert["expected_high"]), **said,
    )  # fmt: skip
    if drivers:
        parts = ", ".join(_driver(driver, tongue) for driver in drivers[:TOLD])
        text += " " + tongue.say("What moved it most: %(parts)s.", parts=parts)
    return text


def _driver(driver: Mapping[str, Any], tongue: Tongue) -> str:
    rate, mix = driver["rate_effect"], driver["mix_effect"]
    name = f"{tongue.noun(driver['dimension'])} {driver['value'] or tongue.say('(none)')}"
    points = tongue.points(rate + mix)
    if abs(rate) >= abs(mix):
        return tongue.say("%(name)s (%(points)s points, by its rate)", name=name, points=points)
    return tongue.say("%(name)s (%(points)s points, by its share)", name=name, points=points)
