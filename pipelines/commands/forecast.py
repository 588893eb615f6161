"""The command that tells when consents run out, as it is and under another validity."""

from __future__ import annotations

import contextlib
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from consent.durations import parse
from consent.errors import ConsentError
from consent.models import statement
from consent.settings import Settings
from consent.warehouse import open_snapshot
from pipelines.commands.options import Home

if TYPE_CHECKING:
    import pandas as pd


class Period(StrEnum):
    """What the forecast is told by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


class ForecastFormat(StrEnum):
    """How the forecast is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(forecast)


def forecast(
    jurisdiction: Annotated[str | None, typer.Option(help="What if its validity held, e.g. FR.")] = None,
    validity: Annotated[str | None, typer.Option(help="What if consents held this long, for example P6M.")] = None,
    site: Annotated[str | None, typer.Option(help="Only this site.")] = None,
    by: Annotated[Period, typer.Option(help="Told by day, week or month.")] = Period.WEEK,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How far ahead.")] = 90,
    output: Annotated[ForecastFormat, typer.Option("--format", help="How to print.")] = ForecastFormat.TABLE,
    home: Home = None,
) -> None:
    """Tell when consents run out, from the published snapshot; no data is changed by asking what if."""
    if jurisdiction and validity:
        raise ConsentError("expected --jurisdiction or --validity; came both")
    settings = Settings.load(home=home)
    with contextlib.closing(open_snapshot(settings.snapshot)) as connection:
        known = [
            row[0] for row in connection.execute("select distinct jurisdiction from limits order by all").fetchall()
        ]
        if jurisdiction and jurisdiction not in known:
            raise ConsentError(f"{jurisdiction}: expected a jurisdiction ({', '.join(known)})")
        parameters = {"jurisdiction": jurisdiction, "validity_months": _months(validity), "site": site}
        parameters |= {"by": by.value, "days": days}
        found = connection.execute(statement("reports.expiry_what_if").text, parameters).df()
    _print(found, output)


def _months(validity: str | None) -> int | None:
    if validity is None:
        return None
    try:
        duration = parse(validity)
    except ValueError as error:
        raise ConsentError(f"--validity: {error}") from None
    if duration.days or duration.seconds:
        raise ConsentError(f"--validity: expected whole months or years, such as P6M or P1Y; came {validity!r}")
    return duration.months


def _print(found: pd.DataFrame, output: ForecastFormat) -> None:
    if output is ForecastFormat.JSON:
        found.to_json(sys.stdout, orient="records", date_format="iso", indent=2)
        sys.stdout.write("\n")
    elif output is ForecastFormat.CSV:
        found.to_csv(sys.stdout, index=False)
    else:
        import pandas as pd

        table = Table(box=None, header_style="bold", pad_edge=False)
        for column in found.columns:
            table.add_column(column.replace("_", " "), justify="right" if "expir" in column else "left")
        for row in found.itertuples(index=False):
            first = "over already" if pd.isna(row[0]) else f"{row[0]:%Y-%m-%d}"
            table.add_row(first, *(str(value) for value in row[1:]))
        Console(width=None if sys.stdout.isatty() else 160).print(table)
