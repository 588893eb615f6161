"""Downloads: the relations that the pages show, under the same filters, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dashboards import filters

FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
_BATCH = 500  # rows per chunk that goes out


@dataclass(frozen=True)
class Dataset:
    """A statement in `sql/reports/` that can be downloaded, and the filters it takes."""

    name: str
    title: str
    fields: tuple[str, ...]


DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset("opt_in", "Opt-in per day, site, region, platform, banner and category", filters.PROMPTS),
        Dataset("opt_in_over_time", "Opt-in per category, as charted", filters.PROMPTS),
        Dataset("prompts", "Prompts and choices per day, site, region, platform and banner", filters.PROMPTS),
        Dataset("prompts_over_time", "Prompts and choices, as charted", filters.PROMPTS),
        Dataset("findings", "Findings", filters.FINDINGS),
        Dataset("expiry", "Consents by the day they run out", filters.EXPIRY),
        Dataset("data_quality", "Data quality per day and site", filters.QUALITY),
        Dataset("data_quality_issues", "Sites, categories and regions that no policy knows", filters.QUALITY),
        Dataset("freshness_by_site", "Newest event and record per site", ("site",)),
        Dataset("experiments", "Experiments: variants, intervals and verdicts", filters.BANNER),
        Dataset("banner_versions", "Banner versions", ("site",)),
        Dataset("inventory", "Declared against observed storage", filters.INVENTORY),
        Dataset("rules", "Rules of the catalogue", ()),
        Dataset("alerts", "Alerts", filters.ALERTS),
        Dataset("sites", "Sites", ()),
        Dataset("quarantine", "Quarantined records by day and reason", ("from", "to")),
    )
}


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """RFC 4180 with a header, times as ISO 8601 in UTC, empty for null.

    Text that a spreadsheet would run as a formula gets an apostrophe in front: site and banner names come from
    events that anyone can send. JSON has the text as it is.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for number, row in enumerate(rows, 1):
        writer.writerow([_cell(value) for value in row])
        if number % _BATCH == 0:
            yield _take(buffer)
    yield _take(buffer)


def write_json(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A list of objects, one per row."""
    opening = "[\n"
    for row in rows:
        yield opening + json.dumps(dict(zip(columns, map(plain, row), strict=True)), ensure_ascii=False)
        opening = ",\n"
    yield "[]\n" if opening == "[\n" else "\n]\n"


def _cell(value: Any) -> Any:
    written = plain(value)
    if isinstance(written, bool):
        return "true" if written else "false"
    if isinstance(written, str) and written[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return f"'{written}"
    return written


def plain(value: Any) -> Any:
    """The value as JSON can hold it: times as ISO 8601 with a Z, decimals as numbers."""
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    if isinstance(value, date):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value


def _take(buffer: io.StringIO) -> str:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
