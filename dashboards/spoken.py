"""The current language, for sentences about data that `consent` puts together (consent/tongue.py)."""

from __future__ import annotations

from datetime import date
from typing import Any

from dashboards import labels, wording
from dashboards.i18n import gettext


class Spoken:
    """Messages, numbers and days as the page or report has them."""

    def say(self, message: str, /, **values: Any) -> str:
        """The message, translated and filled."""
        return gettext(message, **values)

    def noun(self, name: str, /) -> str:
        """The label, as it stands within a sentence."""
        return labels.noun(name)

    def count(self, value: float, /) -> str:
        """Grouped as the language groups."""
        return wording.count(value)

    def percent(self, value: float, /) -> str:
        """With the language's sign."""
        return wording.percent(value)

    def change(self, value: float, /) -> str:
        """A relative change with its sign."""
        return wording.change(value)

    def points(self, value: float, /) -> str:
        """A difference of rates."""
        return wording.signed(value * 100)

    def day(self, value: date, /) -> str:
        """Day, month, year."""
        return wording.day(value)


SPOKEN = Spoken()
