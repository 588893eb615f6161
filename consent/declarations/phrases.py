"""How long storage lasts, as policies and exports put it, read as ISO 8601.

A phrase is read whole or it becomes a question: every number in it must belong to a unit, and words around it that
change its meaning ("after last activity", "or longer") are told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# English, Norwegian and Danish, Swedish, German, Dutch, French, Spanish, Italian.
_UNITS = {
    "S": "s sec secs second seconds sekund sekunder sekunde sekunden seconde secondes segundo segundos secondo secondi",
    "M": "min mins minute minutes minutt minutter minut minuter minuten minuto minutos minuti",
    "H": "h hr hrs hour hours time timer timme timmar stunde stunden uur heure heures hora horas ora ore",
    "D": "d day days dag dager dage dagar tag tage tagen dagen jour jours día días dia dias giorno giorni",
    "W": "w week weeks uke uker uge uger vecka veckor woche wochen weken semaine semaines semana semanas settimana"
    " settimane",
    "MONTH": "month months mnd måned måneder månad månader monat monate monaten maand maanden mois mes meses mese mesi",
    "Y": "y yr yrs year years år jahr jahre jahren jaar an ans année années año años anno anni",
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_COUNTED = re.compile(r"(?<![\w.,])(\d{1,6})\s*-?\s*([^\W\d_]+)", re.IGNORECASE)
_SESSION = re.compile(
    r"\b(?:sessions?|sess?ion|seesion|session cookies?|sesjon(?:en)?|sitzung|séance|sesi[oó]n|sessione)\b"
    r"|\bbrowser (?:is closed|closes|session)\b|\bclos(?:e|ing) (?:of )?(?:the |your )?browser\b",
    re.IGNORECASE,
)
_PERSISTENT = re.compile(
    r"\b(?:persistent|permanent|forever|unlimited|no expir\w+|never expires?|does not expire|until deleted)\b",
    re.IGNORECASE,
)
# Words that leave the meaning of a duration or a session as it is.
_PLAIN = re.compile(
    r"\b(?:end|of|the|user'?s|your|browser|when|is|are|closed|closes|close|a|an|cookies?|after|in|for|about|none|expires?"
    r"|expiry|deleted|it|this|lasts?|stored|on|at|up|to)\b|[\W_]+",
    re.IGNORECASE,
)
_ONE = re.compile(r"\b(?:one|a|an)\s+(year|month|week|day|hour|minute)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Phrase:
    """What a phrase says: lifetimes as site files take them (none, one, or all it names), and what is unclear."""

    lifetimes: tuple[str, ...] = ()
    question: str | None = None


def read_phrase(text: str | None) -> Phrase:
    """Read a phrase such as `6 months`, `Session`, `30 minutes after last activity` or `1 week to 1 year`."""
    phrase = " ".join((text or "").split())
    if not phrase:
        return Phrase()
    rest = _ONE.sub(lambda found: f"1 {found[1]}", phrase)
    counted = _COUNTED.findall(rest)
    if any(word.lower() not in _UNIT_OF or int(count) == 0 for count, word in counted):
        return Phrase(question=f"{phrase!r} is no length of time")
    lifetimes = [_iso(count, _UNIT_OF[word.lower()]) for count, word in counted]
    rest = _COUNTED.sub(" ", rest)
    if _SESSION.search(rest):
        lifetimes.append("session")
        rest = _SESSION.sub(" ", rest)
    if _PERSISTENT.search(rest):
        if not any(lifetime.startswith("P") for lifetime in lifetimes):  # "persistent, 2 years" is two years
            lifetimes.append("persistent")
        rest = _PERSISTENT.sub(" ", rest)
    found = tuple(dict.fromkeys(lifetimes))
    left = _PLAIN.sub(" ", rest).strip()
    if not found:
        return Phrase(question=f"{phrase!r} is no length of time")
    if len(found) > 1:
        return Phrase(found, f"{phrase!r} gives more than one lifetime")
    # What follows a single duration may change it: "after last activity" slides, "or longer" has no end.
    if left or re.search(r"\bafter\b", rest, re.IGNORECASE):
        return Phrase(found, f"{phrase!r} says more than {found[0]}")
    return Phrase(found)


def is_phrase(text: str) -> bool:
    """Whether a text is a lifetime and nothing else."""
    phrase = read_phrase(text)
    return bool(phrase.lifetimes) and phrase.question is None


def _iso(count: str, unit: str) -> str:
    number = int(count)
    if unit in "SMH":
        return f"PT{number}{unit}"
    return f"P{number}{'M' if unit == 'MONTH' else unit}"
