"""Texts that data carries in English, read back and said anew in the current language.

A text is matched with the shapes of dashboards/shapes.py; times, periods, counts and categories within it are written
as the language writes them. A text without a shape stays as it is, marked as English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date
from functools import lru_cache

from markupsafe import Markup, escape

from consent.durations import parse
from dashboards import labels, shapes, wording
from dashboards.i18n import DEFAULT, N_, gettext, language, translated

_PLACE = re.compile(r"%\((\w+)\)s")
_MOMENT = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"
_DAY = r"\d{4}-\d\d-\d\d"
_LISTED = r"[\w-]+(?:, [\w-]+| and [\w-]+)*"
_SEPARATOR = re.compile(r"(, | and )")
_OF_WORDS = re.compile(r"(, |; or |; )")  # a word may have an "and" in it
_MARK = re.compile(r" \[[SQK]\]$")
_REASON = re.compile(r"(\w+ [\w.]+): expected (.*)", re.DOTALL)
_NAME = re.compile(r"[a-z]\w*")
_UNITS = re.compile(r"(\d+) (year|month|day)s?")
_AND, _OR, _EXPECTED = N_("and"), N_("or"), N_("expected")
Shapes = tuple[str, ...]


def _each(say: Callable[[str], str], separator: re.Pattern[str] = _SEPARATOR) -> Callable[[str], str]:
    """Say every part of a list."""

    def listed(text: str) -> str:
        said = {", ": ", ", "; ": "; ", " and ": f" {translated(_AND)} ", "; or ": f"; {translated(_OR)} "}
        return "".join(said[part] if part in said else say(part) for part in separator.split(text))

    return listed


def _moment(text: str) -> str:
    return gettext("%(day)s, %(time)s UTC", day=_day(text[:10]), time=text[11:19])


def _day(text: str) -> str:
    return wording.day(date.fromisoformat(text))


def period(text: str) -> str:
    """P1Y, or 1 year 1 month as DuckDB writes it, in words; what is neither stays as it is."""
    try:
        written = parse(text)
    except ValueError:
        whole = _UNITS.sub("", text).strip() == ""
        return " ".join(wording.plural(int(n), unit) for n, unit in _UNITS.findall(text)) if whole and text else text
    years, months = divmod(written.months, 12) if written.months % 12 == 0 else (0, written.months)
    hours, seconds = divmod(written.seconds, 3600)
    minutes, seconds = divmod(seconds, 60)
    parts = zip((years, months, written.days, hours, minutes, seconds), _NAMES, strict=True)
    return " ".join(wording.plural(number, name) for number, name in parts if number)


_NAMES = ("year", "month", "day", "hour", "minute", "second")


def _word(text: str) -> str:
    return _fitting(shapes.WORDS, text) or text


def _term(text: str) -> str:
    """Of what a policy declares: a duration, a category, or a word such as session."""
    return _fitting(shapes.WORDS, text) or period(text if text[:1] in "P0123456789" else labels.known(text))


_KINDS: dict[str, tuple[str, Callable[[str], str]]] = {
    **dict.fromkeys(("when", "since"), (_MOMENT, _moment)),
    **dict.fromkeys(("day", "first", "last"), (_DAY, _day)),
    "period": (r"P\w+|\d[\w ]*?", period),
    **dict.fromkeys(("n", "more"), (r"\d+", lambda text: wording.count(int(text)))),
    "number": (r"[\d.]+", lambda text: wording.decimal(float(text))),
    **dict.fromkeys(("category", "other"), (r"[\w-]+", labels.known)),
    "categories": (_LISTED, _each(labels.known)),
    "types": (_LISTED, _each(labels.known)),
    "terms": (r"[^;]+", _each(_term)),
    "words": (r".+?", _each(_word, _OF_WORDS)),
    "source": (r"| \([^)]*\)", lambda text: f" ({_fitting(shapes.SOURCES, text[2:-1]) or text[2:-1]})" if text else ""),
    **dict.fromkeys(("text", "name"), (r".+?", str)),
}


def told(text: str | None) -> str | Markup:
    """What a finding observed or allows."""
    return _said(text, shapes.TOLD)


def undecided(text: str | None) -> str | Markup:
    """Why a rule could not judge."""
    return _said(text, shapes.UNDECIDED)


def problem(text: str) -> str:
    """What is wrong with a form."""
    return text if language() == DEFAULT else _fitting(shapes.PROBLEMS, text) or text


def item(text: str | None, rule_id: str, observed: str | None) -> str:
    """What a finding is about: the name of storage, which stays, or words."""
    named = rule_id in _ABOUT_WORDS or (rule_id == "declaration_incomplete" and observed == f"missing: {text}")
    unnamed = text == "stored consent" or (text or "").startswith("unnamed ")
    if language() == DEFAULT or not (named or unnamed):
        return text or ""
    return _fitting(shapes.ITEMS, text or "") or text or ""


_ABOUT_WORDS = {
    "bundled_purposes", "ccpa_log_short", "dsr_overdue", "measurement_data_over_25m", "preticked_or_passive",
    "proof_deleted_early", "proof_incomplete", "proof_overretained", "reject_missing_layer1", "tc_string_stale",
    "tc_disclosed_vendors_missing", "withdrawal_harder",
}  # fmt: skip


def citation(text: str | None) -> str:
    """A citation, and the mark that may follow it: the source is a message of the catalogue."""
    if not text or (said := translated(text)) != text:
        return said if text else wording.ABSENT
    mark = _MARK.search(text)
    return translated(text[: mark.start()]) + mark[0] if mark else text


def reason(text: str | None) -> str | Markup:
    """Why a record was set aside: its code and field, and what was expected."""
    found = _REASON.fullmatch(text or "")
    if language() == DEFAULT:
        return text or ""
    if not found:
        return _in_english(text or "")
    expected = _fitting(shapes.EXPECTED, found[2])
    shown = expected or _in_english(found[2])
    return Markup("<code>{}</code>: {} {}").format(found[1], translated(_EXPECTED), shown)


def lifetime(text: str | None) -> str:
    """A lifetime as it is declared: P1Y -> 1 year."""
    return _each(_term)(text) if text else wording.ABSENT


def formula(text: str) -> str:
    """A metric's formula: outside English its columns by their names."""
    return text if language() == DEFAULT else _NAME.sub(lambda found: labels.known(found[0]), text)


def fits(text: str, listed: Shapes = shapes.TOLD) -> bool:
    """Whether every part of a text has a shape."""
    return _matched(listed, text) is not None or all(_matched(listed, part) for part in text.split("; "))


def _said(text: str | None, listed: Shapes) -> str | Markup:
    if not text:
        return wording.ABSENT
    if language() == DEFAULT:
        return text
    if (whole := _fitting(listed, text)) is not None:
        return whole
    parts = [(part, _fitting(listed, part)) for part in text.split("; ")]
    return Markup("; ").join(escape(said) if said is not None else _in_english(part) for part, said in parts)


def _in_english(text: str) -> Markup:
    return Markup('<span lang="en">{}</span>').format(text)


def _fitting(listed: Shapes, text: str) -> str | None:
    if (found := _matched(listed, text)) is None:
        return None
    shape, values = found
    try:
        return gettext(shape, **{name: _KINDS[name][1](value) for name, value in values.items()})
    except ValueError:  # a 30th of February: then it is no day, and the text none of ours
        return None


def _matched(listed: Sequence[str], text: str) -> tuple[str, dict[str, str]] | None:
    for shape, pattern in _patterns(tuple(listed)):
        if found := pattern.fullmatch(text):
            return shape, found.groupdict()
    return None


@lru_cache
def _patterns(listed: Shapes) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((shape, _pattern(shape)) for shape in listed)


def _pattern(shape: str) -> re.Pattern[str]:
    pieces = _PLACE.split(shape)  # text, name, text, name, …, text
    written = [
        f"(?P<{piece}>{_KINDS[piece][0]})" if place % 2 else re.escape(piece) for place, piece in enumerate(pieces)
    ]
    return re.compile("".join(written), re.DOTALL)
