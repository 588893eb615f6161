"""The period of a report: an ISO week or a month."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from babel.dates import format_date

from consent.errors import ConsentError
from dashboards.i18n import gettext as _
from dashboards.i18n import locale

Cadence = Literal["weekly", "monthly"]

_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_MONTH = re.compile(r"(\d{4})-(\d{2})")


@dataclass(frozen=True)
class Period:
    """An ISO week or a month: its name as people write it, its first and its last day."""

    name: str
    start: date
    end: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days + 1

    @property
    def title(self) -> str:
        """Week 46, 2026; or November 2026; in the current language."""
        if "W" in self.name:
            year, _dash, week = self.name.partition("-W")
            return _("Week %(week)s, %(year)s", week=int(week), year=year)
        return str(format_date(self.start, "LLLL y", locale=locale())).capitalize()

    @property
    def before(self) -> Period:
        """The one that came before."""
        day = self.start - timedelta(days=1)
        return Period._week_of(day) if "W" in self.name else Period._month_of(day)

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read 2026-W46 or 2026-10. Raises ConsentError saying so."""
        try:
            if match := _WEEK.fullmatch(text):
                return cls._week_of(date.fromisocalendar(int(match[1]), int(match[2]), 1))
            if match := _MONTH.fullmatch(text):
                return cls._month_of(date(int(match[1]), int(match[2]), 1))
        except (ValueError, OverflowError):
            pass  # a week 54 or a month 13: the same message
        raise ConsentError(f"period {text[:40]!r}: expected an ISO week such as 2026-W46 or a month such as 2026-10")

    @classmethod
    def last(cls, cadence: Cadence, last_day: date) -> Period:
        """The last one that had ended by the end of that day."""
        following = last_day + timedelta(days=1)
        return (cls._week_of(following) if cadence == "weekly" else cls._month_of(following)).before

    @classmethod
    def _week_of(cls, day: date) -> Period:
        year, week, weekday = day.isocalendar()
        monday = day - timedelta(days=weekday - 1)
        return cls(f"{year:04d}-W{week:02d}", monday, monday + timedelta(days=6))

    @classmethod
    def _month_of(cls, day: date) -> Period:
        start = day.replace(day=1)
        end = start.replace(day=calendar.monthrange(start.year, start.month)[1])
        return cls(f"{start.year:04d}-{start.month:02d}", start, end)
