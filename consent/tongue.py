"""A language to say sentences about data in: English here, others where pages are made.

A sentence is put together once, of messages with `%(name)s` places; who says it brings the words for them and the way
numbers and days are written. What is kept in the marts, and sent to people, is English.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Protocol


class Tongue(Protocol):
    """What a sentence needs of a language."""

    def say(self, message: str, /, **values: Any) -> str:
        """The message in this language, its places filled."""

    def noun(self, name: str, /) -> str:
        """A category, dimension or metric as it stands within a sentence: banner_version -> banner version."""

    def count(self, value: float, /) -> str:
        """12345 -> 12,345."""

    def percent(self, value: float, /) -> str:
        """0.41234 -> 41.2%."""

    def change(self, value: float, /) -> str:
        """0.333 -> +33.3%."""

    def points(self, value: float, /) -> str:
        """-0.1 -> −10.0: a difference of rates, in percentage points."""

    def day(self, value: date, /) -> str:
        """16 Nov 2026."""


class English:
    """The language of the source."""

    def say(self, message: str, /, **values: Any) -> str:
        """The message itself, its places filled."""
        return message % values

    def noun(self, name: str, /) -> str:
        """The name as words."""
        return name.replace("_", " ")

    def count(self, value: float, /) -> str:
        """With commas between thousands."""
        return f"{value:,.0f}"

    def percent(self, value: float, /) -> str:
        """With one decimal."""
        return f"{value:.1%}"

    def change(self, value: float, /) -> str:
        """With its sign."""
        return f"{value:+.1%}"

    def points(self, value: float, /) -> str:
        """With its sign, and no unit."""
        return f"{value * 100:+.1f}"

    def day(self, value: date, /) -> str:
        """Day, month, year."""
        return f"{value.day} {value:%b %Y}"


ENGLISH = English()


def marked(message: str) -> str:
    """A message that is said later, marked so that translators get it."""
    return message
