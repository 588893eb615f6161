"""ISO 8601 durations as policies write them: whole, positive, calendar-aware.

A calendar duration has no fixed length: P6M is 181 to 184 days. A limit or a declaration is given the benefit of
the doubt, so what is compared is the longest it can be.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import isodate

_WRITTEN = re.compile(
    r"P(?=\d|T)(\d{1,4}Y)?(\d{1,5}M)?(\d{1,5}W)?(\d{1,6}D)?(T(?=\d)(\d{1,6}H)?(\d{1,8}M)?(\d{1,10}S)?)?"
)
_LONGEST_MONTHS = 12 * 1000
_LEAP_CYCLE = 48  # months after which the lengths of months repeat (a skipped leap day only shortens)
EXPECTED = "an ISO 8601 duration of whole units, such as P6M, P13M, P365D or PT30M"


@dataclass(frozen=True)
class Duration:
    """Whole calendar months, days and seconds, as DuckDB's INTERVAL keeps them; `text` is what was written."""

    text: str
    months: int
    days: int
    seconds: int

    @property
    def interval(self) -> str:
        """A string that DuckDB casts to INTERVAL."""
        return f"{self.months} months {self.days} days {self.seconds} seconds"

    @property
    def longest_seconds(self) -> int:
        """The most seconds it can last, whatever day it starts on."""
        return (_longest_days(self.months) + self.days) * 86_400 + self.seconds

    @property
    def shortest_seconds(self) -> int:
        """The fewest seconds it can last: for a minimum that must be kept on every day."""
        return (_shortest_days(self.months) + self.days) * 86_400 + self.seconds


def parse(text: str) -> Duration:
    """Read a duration. Raises ValueError that says what is expected and what came."""
    if not isinstance(text, str) or not _WRITTEN.fullmatch(text):
        raise ValueError(f"expected {EXPECTED}; came {text!r}")
    parsed = isodate.parse_duration(text, as_timedelta_if_possible=False)
    days, seconds = parsed.tdelta.days, parsed.tdelta.seconds
    if "T" in text:  # PT36H stays 36 hours: a day of the calendar is not meant
        days, seconds = _days_written(text), _seconds_written(parsed.tdelta, text)
    duration = Duration(text, int(parsed.years) * 12 + int(parsed.months), days, seconds)
    if duration.months > _LONGEST_MONTHS or not (duration.months or duration.days or duration.seconds):
        raise ValueError(f"expected {EXPECTED}, longer than nothing and at most 1000 years; came {text!r}")
    return duration


def longest_seconds(text: str) -> int:
    """The longest a written duration can be, in seconds: P6M is 184 days, P1Y 366, P13M 397, P365D 365."""
    return parse(text).longest_seconds


def to_interval(text: str) -> str:
    """A written duration as a string that DuckDB casts to INTERVAL (calendar months kept as months)."""
    return parse(text).interval


def _days_written(text: str) -> int:
    date_part = text.partition("T")[0]
    return sum(int(count) * (7 if unit == "W" else 1) for count, unit in re.findall(r"(\d+)([WD])", date_part))


def _seconds_written(whole: timedelta, text: str) -> int:
    return int(whole.total_seconds()) - _days_written(text) * 86_400


@lru_cache
def _longest_days(months: int) -> int:
    """Over every month it can start in. Starting late in a month only shortens it, since the end is clamped."""
    return max((_first(start + months) - _first(start)).days for start in range(_LEAP_CYCLE)) if months else 0


@lru_cache
def _shortest_days(months: int) -> int:
    """Over every day it can start on: a start late in its month ends at the end of a shorter one."""
    if not months:
        return 0
    spans = []
    for start in range(_LEAP_CYCLE):
        last = (_first(start + 1) - _first(start)).days
        length = (_first(start + months + 1) - _first(start + months)).days
        spans.append((_first(start + months) - _first(start)).days - max(0, last - length))
    return min(spans)


def _first(month: int) -> date:
    years, month0 = divmod(month, 12)
    return date(2000 + years, month0 + 1, 1)
