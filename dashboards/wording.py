"""How numbers and times are written, and what each number means: the same on pages and in reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

ABSENT = "–"


def count(value: int | None) -> str:
    """12345 -> 12,345."""
    return ABSENT if value is None else f"{value:,}"


def percent(value: float | None) -> str:
    """0.41234 -> 41.2%."""
    return ABSENT if value is None else f"{value * 100:.1f}%"


def points(now: float | None, before: float | None) -> str:
    """The difference of two rates, in percentage points: +1.3; nothing where either is missing."""
    if now is None or before is None:
        return ABSENT
    difference = round((now - before) * 100, 1)
    return f"{'+' if difference > 0 else '−' if difference < 0 else '±'}{abs(difference):.1f}"


def day(value: date | None) -> str:
    """16 Nov 2026."""
    return ABSENT if value is None else f"{value.day} {value:%b %Y}"


def moment(value: datetime | None) -> str:
    """16 Nov 2026, 14:05 UTC."""
    return ABSENT if value is None else f"{day(value)}, {value:%H:%M} UTC"


def span(start: date, end: date) -> str:
    """18 Aug – 15 Nov 2026, or 9–15 Nov 2026: what both ends share is written once."""
    if start == end:
        return day(start)
    if (start.year, start.month) == (end.year, end.month):
        return f"{start.day}–{day(end)}"
    left = f"{start.day} {start:%b}" if start.year == end.year else day(start)
    return f"{left} – {day(end)}"


def period(start: date, step: str) -> str:
    """What a point of a chart covers: 16 Nov 2026, week of 16 Nov 2026, Nov 2026."""
    return {"day": day(start), "week": f"week of {day(start)}"}.get(step, f"{start:%b %Y}")


def shorten(text: str, length: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= length else text[: length - 1] + "…"


def plural(number: int, noun: str) -> str:
    """1 prompt, 2 prompts, 1,000 prompts."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


@dataclass(frozen=True)
class Definition:
    """A number's name, its formula and what goes into it."""

    key: str
    name: str
    formula: str
    text: str


def _definitions() -> dict[str, Definition]:
    listed = (
        Definition("shown", "Prompts", "count of impressions", "Banners put before a visitor with no valid choice."),
        Definition("choices", "Choices", "count of decisions on the banner", "Decisions made later do not count."),
        Definition(
            "opt_in_rate",
            "Opt-in rate",
            "granted ÷ prompts",
            "Of everyone who was prompted, those who said yes to the category. Rates of several days or sites are"
            " sums divided by sums, never averages of rates.",
        ),
        Definition(
            "consent_rate",
            "Consent rate",
            "granted ÷ asked",
            "Of those who chose on the banner and were asked about the category, those who said yes.",
        ),
        Definition("interaction_rate", "Interaction rate", "choices ÷ prompts", "Of all prompts, those answered."),
        Definition(
            "accept_all_rate",
            "Accept-all rate",
            "accept all ÷ choices",
            "Of all choices, those that accept everything.",
        ),
        Definition("dismissed", "Dismissed", "count of dismissals", "Closed without a choice; part of “no choice”."),
        Definition("no_choice", "No choice", "prompts − choices", "Prompts that nobody answered, dismissals included."),
        Definition(
            "withdrawals",
            "Withdrawals",
            "count of decisions that take back a grant",
            "On any surface: a withdraw, or a category granted before that becomes denied.",
        ),
        Definition(
            "impressions_missing",
            "Impressions missing",
            "choices > prompts",
            "More choices than prompts arrived, so some prompts were never reported. Rates over prompts are then left"
            " out: they are not clipped and not guessed.",
        ),
        Definition(
            "expiring",
            "Expiring",
            "count of valid consents by the day they run out",
            "One consent counts in each category it grants, so categories do not add up.",
        ),
        Definition("received", "Received", "accepted + quarantined", "Every record read from the topic."),
        Definition(
            "quarantined", "Quarantined", "count of refused records", "Set aside whole, with the field that is wrong."
        ),
        Definition(
            "duplicates", "Duplicates", "repeats of an event id", "The first counts in the rates, the rest not."
        ),
        Definition("bots", "Bots", "events marked as automated", "Counted here only, never in a rate."),
        Definition(
            "clock_skewed",
            "Clock-skewed",
            "client time > 5 minutes ahead or > 7 days behind",
            "The collector's time is used instead.",
        ),
        Definition("late", "Late", "received > 24 hours after the event", "They change the day they belong to."),
    )
    return {definition.key: definition for definition in listed}


DEFINITIONS = _definitions()

EVIDENCE_MARKS = {
    "S": "read in the authority's or the standard's own text",
    "Q": "seen quoted or paraphrased by others, not read in the source",
    "K": "general knowledge, not read in a source: check it before relying on it",
}

KINDS = {
    "violation": ("Violation", "goes past a limit that binds"),
    "guideline_exceedance": ("Guideline exceedance", "goes past a recommendation that does not bind"),
}

_CATEGORIES = ("marketing", "performance", "functionality", "necessary")


def category_order(category: str) -> tuple[int, str]:
    """Sort key: those that people can refuse first, necessary after them, what is not canonical last."""
    return (_CATEGORIES.index(category) if category in _CATEGORIES else len(_CATEGORIES), category)


def label(text: str) -> str:
    """accept_all -> Accept all."""
    words = text.replace("_", " ")
    return words[:1].upper() + words[1:]
