"""Reports: one self-contained HTML file and CSV files for a week or a month, from the published snapshot.

Nothing in them comes from the clock of the machine, so the same snapshot and period give the same bytes.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from consent.errors import ConsentError
from consent.settings import Settings
from dashboards import downloads, rendering, wording
from dashboards.charts import Charts
from dashboards.filters import FINDINGS, PROMPTS, Filters
from dashboards.i18n import gettext as _
from dashboards.i18n import language
from dashboards.overview import overview, sentence
from dashboards.queries import Row, Snapshot

FORMATS = ("html", "csv")
LISTED = 100  # findings listed in the HTML; the CSV has all

_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_DATASETS = ("opt_in", "prompts", "findings", "expiry")


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
        """Week 46, 2026; or November 2026."""
        if "W" in self.name:
            year, week = self.name.split("-W")
            return _("Week %(week)s, %(year)s", week=int(week), year=year)
        return wording.whole_month(self.start)

    @classmethod
    def parse(cls, text: str) -> Period:
        """Read 2026-W46 or 2026-10. Raises ConsentError saying so."""
        try:
            if match := _WEEK.fullmatch(text):
                start = date.fromisocalendar(int(match[1]), int(match[2]), 1)
                return cls(text, start, start + timedelta(days=6))
            if match := _MONTH.fullmatch(text):
                start = date(int(match[1]), int(match[2]), 1)
                return cls(text, start, start.replace(day=calendar.monthrange(start.year, start.month)[1]))
        except (ValueError, OverflowError):
            pass  # a week 54 or a month 13: the same message
        raise ConsentError(f"period {text[:40]!r}: expected an ISO week such as 2026-W46 or a month such as 2026-10")

    @classmethod
    def last_week(cls, last_day: date) -> Period:
        """The last ISO week that had ended by the end of that day."""
        monday = last_day + timedelta(days=1) - timedelta(days=(last_day + timedelta(days=1)).weekday() + 7)
        year, week = monday.isocalendar()[:2]
        return cls(f"{year}-W{week:02d}", monday, monday + timedelta(days=6))


def write_report(
    settings: Settings, out: Path, period: str | None = None, formats: Collection[str] = FORMATS
) -> list[Path]:
    """Write the report of a period into the folder `out`, made if need be, and return the files.

    The default period is the last whole ISO week before the data's as-of. Raises ConsentError for a period or a
    format that is not one, and for a period that the data has not reached; SnapshotMissing before a refresh.
    """
    unknown = sorted(set(formats) - set(FORMATS))
    if unknown or not formats:
        raise ConsentError(f"format {', '.join(unknown) or '(none)'}: expected {' or '.join(FORMATS)}")
    asked = None if period is None else Period.parse(period)
    with Snapshot(settings.snapshot) as snapshot:
        freshness = snapshot.freshness()
        whole_day = freshness.day - timedelta(days=freshness.day_is_partial)
        chosen = asked or Period.last_week(whole_day)
        if chosen.start > freshness.day:
            raise ConsentError(
                f"period {chosen.name} starts on {chosen.start}, after the data's last day, {freshness.day}"
            )
        files: dict[str, Iterable[str]] = {}
        if "html" in formats:
            files["report.html"] = [_html(snapshot, chosen, is_over=chosen.end <= whole_day)]
        if "csv" in formats:
            files |= {f"{name}.csv": _csv(snapshot, name, chosen) for name in _DATASETS}
        return [_write(out / f"consent_{chosen.name}_{name}", text) for name, text in files.items()]


def _html(snapshot: Snapshot, period: Period, *, is_over: bool) -> str:
    view = overview(snapshot, Filters(PROMPTS, {}, period.start, period.end), recent_days=period.days)
    return (
        rendering.environment()
        .get_template("report.html")
        .render(
            language=language(),
            period=period,
            is_over=is_over,
            view=view,
            filters=view.filters,
            freshness=view.freshness,
            sentences=[(rate, sentence(rate, period.days)) for rate in view.rates],
            findings=_findings(snapshot),
            listed=LISTED,
            drawn=rendering.drawn(Charts(), snapshot.identity),
            style=rendering.stylesheet(),
        )
    )


def _findings(snapshot: Snapshot) -> list[Row]:
    return snapshot.rows("findings", Filters(FINDINGS, {"status": "open"}).parameters(rows=LISTED, skip=0))


def _csv(snapshot: Snapshot, name: str, period: Period) -> Iterable[str]:
    chosen = Filters(downloads.DATASETS[name].fields, {}, period.start, period.end)
    return downloads.write_csv(*snapshot.stream(name, chosen.parameters()))


def _write(path: Path, text: Iterable[str]) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(text)
    except OSError as error:
        raise ConsentError(f"{path}: cannot write the report: {error.strerror}") from None
    return path
