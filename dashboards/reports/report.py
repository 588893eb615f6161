"""Reports as files: one self-contained HTML, a PDF made from it, and CSV files, from the published snapshot.

Nothing in them comes from the clock of the machine, so the same as-of and period give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from consent.errors import ConsentError
from consent.settings import Settings
from dashboards import downloads, i18n, rendering
from dashboards.charts import Charts
from dashboards.filters import Filters
from dashboards.queries import Snapshot
from dashboards.reports.contents import AUDIENCES, Contents, contents
from dashboards.reports.pdf import to_pdf
from dashboards.reports.period import Cadence, Period

FORMATS = ("html", "pdf", "csv")
_DATASETS = {"product": ("opt_in", "prompts"), "compliance": ("findings", "expiry")}


@dataclass(frozen=True)
class Report:
    """What is asked for. Without a period: the last whole one of its cadence before the data's as-of."""

    period: str | None = None
    cadence: Cadence = "weekly"
    site: str | None = None
    audience: str = "all"
    language: str = i18n.DEFAULT
    formats: tuple[str, ...] = FORMATS

    def check(self) -> None:
        """Raises ConsentError for what no report can be."""
        _one_of("format", set(self.formats) or {""}, FORMATS)
        _one_of("audience", {self.audience}, AUDIENCES)
        _one_of("language", {self.language}, tuple(i18n.LANGUAGES))


@dataclass(frozen=True)
class Written:
    """A report that was made: its facts, and its files by ending (`report.html`, `report.pdf`, `opt_in.csv`, …)."""

    contents: Contents
    name: str
    files: dict[str, bytes]

    def save(self, out: Path) -> list[Path]:
        """Write the files into a folder, made if need be. Raises ConsentError where it cannot be written."""
        return [_write(out / f"{self.name}_{ending}", content) for ending, content in self.files.items()]


def write_report(settings: Settings, asked: Report) -> Written:
    """Make the report.

    Raises ConsentError for what cannot be asked for, and for a period or a site that the data does not have;
    SnapshotMissing before a refresh.
    """
    asked.check()
    given = None if asked.period is None else Period.parse(asked.period)
    with i18n.speaking(asked.language), Snapshot(settings.snapshot) as snapshot:
        freshness = snapshot.freshness()
        whole_day = freshness.day - timedelta(days=freshness.day_is_partial)
        period = given or Period.last(asked.cadence, whole_day)
        if period.start > freshness.day:
            raise ConsentError(
                f"period {period.name} starts on {period.start}, after the data's last day, {freshness.day}"
            )
        if asked.site and asked.site not in (sites := snapshot.choices().get("site", ())):
            raise ConsentError(f"site {asked.site[:80]!r}: expected one of {', '.join(sites) or '(none yet)'}")
        told = contents(snapshot, period, asked.site, asked.audience, is_over=period.end <= whole_day)
        return Written(told, _name(asked, period), dict(_files(snapshot, told, asked.formats)))


def _one_of(what: str, given: set[str], allowed: tuple[str, ...]) -> None:
    if unknown := sorted(given - set(allowed)):
        raise ConsentError(f"{what} {', '.join(unknown) or '(none)'}: expected {' or '.join(allowed)}")


def _name(asked: Report, period: Period) -> str:
    parts = ["consent", period.name, asked.site, asked.audience if asked.audience != "all" else None]
    language = asked.language if asked.language != i18n.DEFAULT else None
    return "_".join(part.replace("/", "-") for part in (*parts, language) if part)


def _files(snapshot: Snapshot, told: Contents, formats: tuple[str, ...]) -> Iterable[tuple[str, bytes]]:
    if {"html", "pdf"} & set(formats):
        html = _html(snapshot, told)
        if "html" in formats:
            yield "report.html", html.encode()
        if "pdf" in formats:
            yield "report.pdf", to_pdf(html)
    if "csv" in formats:
        for audience, names in _DATASETS.items():
            if told.audience in ("all", audience):
                yield from ((f"{name}.csv", _csv(snapshot, name, told)) for name in names)


def _html(snapshot: Snapshot, told: Contents) -> str:
    return (
        rendering.environment()
        .get_template("report.html")
        .render(
            language=i18n.language(),
            told=told,
            view=told.view,
            filters=told.view.filters,
            freshness=told.view.freshness,
            drawn=rendering.drawn(Charts(), snapshot.identity),
            style=rendering.stylesheet("style") + rendering.stylesheet("report"),
        )
    )


def _csv(snapshot: Snapshot, name: str, told: Contents) -> bytes:
    fields = downloads.DATASETS[name].fields
    narrowed = {"site": told.site} if told.site else {}
    chosen = Filters(fields, narrowed, told.period.start, told.period.end)
    return "".join(downloads.write_csv(*snapshot.stream(name, chosen.parameters()))).encode()


def _write(path: Path, content: bytes) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise ConsentError(f"{path}: cannot write the report: {error.strerror}") from None
    return path
