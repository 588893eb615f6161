"""Languages: messages, numbers and dates of the page that is being made.

English is the language of the source; `locale/<language>/LC_MESSAGES/messages.po` holds the others and is read as it
stands, without a build step. The language belongs to the current context (a request, a report), not to the process.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

LOCALES = Path(__file__).resolve().parent / "locale"
LANGUAGES = {"en": "English", "nb": "Norsk"}
DEFAULT = "en"

_language: ContextVar[str] = ContextVar("language", default=DEFAULT)
_in_address: ContextVar[bool] = ContextVar("in_address", default=False)


@contextlib.contextmanager
def speaking(language: str, *, in_address: bool = False) -> Iterator[None]:
    """Make everything inside in that language; `in_address`: links made inside carry it on."""
    first, second = _language.set(language), _in_address.set(in_address)
    try:
        yield
    finally:
        _in_address.reset(second)
        _language.reset(first)


def language() -> str:
    """The language of the current context: a key of LANGUAGES."""
    return _language.get()


def carried() -> dict[str, str]:
    """What links must carry so that the page behind them is in the same language."""
    return {"lang": language()} if _in_address.get() else {}


def locale() -> Locale:
    """Numbers and dates of the current language."""
    return _locale(language())


@lru_cache
def _locale(name: str) -> Locale:
    return Locale.parse(name)


def preferred(accepted: str) -> str:
    """The language to answer in, from an Accept-Language header; English where none of ours is asked for."""
    wanted = [part for _, part in sorted(_weighed(accepted), key=lambda pair: -pair[0])]
    found = negotiate_locale(wanted, list(LANGUAGES), sep="-", aliases={"no": "nb", "nn": "nb"})
    return found or DEFAULT


def _weighed(accepted: str) -> Iterator[tuple[float, str]]:
    for entry in accepted[:500].split(","):
        tag, _, quality = entry.strip().partition(";q=")
        with contextlib.suppress(ValueError):
            weight = float(quality or 1)
            if tag and weight > 0:
                yield weight, "nb" if tag.lower().startswith(("no", "nn")) else tag


@lru_cache
def translations(name: str) -> NullTranslations:
    """The messages of a language."""
    path = LOCALES / name / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=name))
    compiled.seek(0)
    return Translations(compiled)


def translated(message: str) -> str:
    """The message in the current language, or as it is."""
    return str(translations(language()).ugettext(message)) if message else ""


def translated_plural(one: str, many: str, number: int) -> str:
    """The form of the message for that number in the current language."""
    return str(translations(language()).ungettext(one, many, number))


def gettext(message: str, /, **values: Any) -> str:
    """The message in the current language, `%(name)s` filled in."""
    return translated(message) % values


def ngettext(one: str, many: str, quantity: int, /, **values: Any) -> str:
    """The form of the message for that number, `%(name)s` filled in."""
    return translated_plural(one, many, quantity) % values


def N_(message: str) -> str:  # noqa: N802 -- gettext's own name for it
    """Mark a message that is translated later, where it is shown."""
    return message


def NN_(one: str, many: str) -> tuple[str, str]:  # noqa: N802
    """Mark a pair of messages that is translated later, where it is shown."""
    return one, many


def time_names() -> dict[str, Sequence[str]]:
    """Names of months and days, as charts' axes want them: months from January, days from Sunday."""
    found = locale()
    months = [found.months["format"]["wide"][n] for n in range(1, 13)]
    short = [found.months["format"]["abbreviated"][n].rstrip(".") for n in range(1, 13)]
    days = [found.days["format"]["wide"][n % 7] for n in range(6, 13)]
    short_days = [found.days["format"]["abbreviated"][n % 7].rstrip(".") for n in range(6, 13)]
    return {"months": months, "shortMonths": short, "days": days, "shortDays": short_days}
