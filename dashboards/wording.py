"""How numbers and times are written in the current language: the same on pages, in charts and in reports."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from babel.dates import format_date

from dashboards.i18n import NN_, gettext, language, locale, ngettext
from dashboards.i18n import gettext as _

ABSENT = "–"

# A day, a day without its year, a month, a day without its month, a month written out.
_DAYS = {
    "en": ("d MMM y", "d MMM", "MMM y", "d", "MMMM y"),
    "nb": ("d. MMM y", "d. MMM", "MMM y", "d.", "MMMM y"),
}
_NOUNS = {
    "prompt": NN_("%(number)s prompt", "%(number)s prompts"),
    "finding": NN_("%(number)s finding", "%(number)s findings"),
    "open finding": NN_("%(number)s open finding", "%(number)s open findings"),
    "record": NN_("%(number)s record", "%(number)s records"),
    "row": NN_("%(number)s row", "%(number)s rows"),
    "time": NN_("%(number)s time", "%(number)s times"),
    "place": NN_("%(number)s place", "%(number)s places"),
    "day": NN_("%(number)s day", "%(number)s days"),
    "year": NN_("%(number)s year", "%(number)s years"),
    "month": NN_("%(number)s month", "%(number)s months"),
    "hour": NN_("%(number)s hour", "%(number)s hours"),
    "minute": NN_("%(number)s minute", "%(number)s minutes"),
    "second": NN_("%(number)s second", "%(number)s seconds"),
    "site": NN_("%(number)s site", "%(number)s sites"),
    "alert": NN_("%(number)s alert", "%(number)s alerts"),
    "item": NN_("%(number)s item", "%(number)s items"),
    "consent": NN_("%(number)s consent", "%(number)s consents"),
}


def count(value: float | None) -> str:
    """12345 -> 12,345, or as the language groups it."""
    return ABSENT if value is None else _written(f"{round(value):,}")


def decimal(value: float | None, digits: int = 1) -> str:
    """3.14159 -> 3.1."""
    return ABSENT if value is None else _written(f"{value:,.{digits}f}")


def percent(value: float | None) -> str:
    """0.41234 -> 41.2%."""
    return ABSENT if value is None else _written(f"{value * 100:,.1f}") + _symbols(language())[1]


def _written(number: str) -> str:
    return number.translate(_symbols(language())[0])


@lru_cache
def _symbols(_of: str) -> tuple[dict[int, str], str]:
    """The language's marks in place of Python's own (Babel's formatter is 30 times slower), and its percent sign."""
    symbols = locale().number_symbols["latn"]
    sign = locale().percent_formats[None].pattern.partition("0")[2]
    return str.maketrans({",": symbols["group"], ".": symbols["decimal"], "-": symbols["minusSign"]}), sign


def interval(low: float | None, high: float | None) -> str:
    """0.38, 0.44 -> 38.0–44.0%: the ends of a 95% interval."""
    if low is None or high is None:
        return ABSENT
    return f"{decimal(low * 100)}–{percent(high)}"


def points(now: float | None, before: float | None) -> str:
    """The difference of two rates, in percentage points: +1.3; nothing where either is missing."""
    return ABSENT if now is None or before is None else signed((now - before) * 100)


def change(value: float | None) -> str:
    """0.333 -> +33.3%: a relative change."""
    return ABSENT if value is None else signed(value * 100) + _symbols(language())[1]


def signed(value: float) -> str:
    """+1.3, −0.4, ±0.0."""
    rounded = round(value, 1)
    return f"{'+' if rounded > 0 else '−' if rounded < 0 else '±'}{decimal(abs(rounded))}"


def day(value: date | None) -> str:
    """16 Nov 2026."""
    return ABSENT if value is None else _date(value, 0)


def moment(value: datetime | None) -> str:
    """16 Nov 2026, 14:05 UTC."""
    return ABSENT if value is None else _("%(day)s, %(time)s UTC", day=day(value), time=f"{value:%H:%M}")


def span(start: date, end: date) -> str:
    """18 Aug – 15 Nov 2026, or 9–15 Nov 2026: what both ends share is written once."""
    if start == end:
        return day(start)
    if (start.year, start.month) == (end.year, end.month):
        return f"{_date(start, 3)}–{day(end)}"
    left = _date(start, 1) if start.year == end.year else day(start)
    return f"{left} – {day(end)}"


def month(value: date) -> str:
    """Nov 2026."""
    return _date(value, 2)


def whole_month(value: date) -> str:
    """November 2026."""
    return _date(value, 4)


def period(start: date, step: str) -> str:
    """What a point of a chart covers: 16 Nov 2026, week of 16 Nov 2026, Nov 2026."""
    if step == "week":
        return _("week of %(day)s", day=day(start))
    return day(start) if step == "day" else month(start)


def duration(seconds: float | None) -> str:
    """The largest unit that fits: 45 s, 12 min, 5 h, 30 days, 13 months."""
    if seconds is None:
        return ABSENT
    for unit, size in (("month", 30.44 * 86400), ("day", 86400), ("h", 3600), ("min", 60)):
        number = seconds / size
        if number >= (2 if unit in {"month", "day"} else 1):
            written = count(number) if number >= 10 or round(number, 1) == round(number) else decimal(number)
            if unit == "month":
                return _("%(number)s months", number=written)
            return _("%(number)s days", number=written) if unit == "day" else f"{written} {unit}"
    return f"{count(seconds)} s"


def shorten(text: str, length: int) -> str:
    """The text, or its beginning and an ellipsis."""
    return text if len(text) <= length else text[: length - 1] + "…"


def plural(number: int, noun: str) -> str:
    """1 prompt, 2 prompts, 1,000 prompts. Raises KeyError for a noun that is not in the list above."""
    return ngettext(*_NOUNS[noun], number, number=count(number))


def by_step(step: str) -> str:
    """How long one point of a chart is: by day, by week, by month."""
    return {"day": gettext("by day"), "week": gettext("by week")}.get(step) or gettext("by month")


def _date(value: date, form: int) -> str:
    return _formatted(value.year, value.month, value.day, form, language())


@lru_cache(maxsize=4096)
def _formatted(year: int, month: int, day: int, form: int, of: str) -> str:
    return format_date(date(year, month, day), _DAYS[of][form], locale=locale())
