"""`consent findings`: what the rules found, who answered it, and how it went on."""

from __future__ import annotations

import contextlib
import getpass
import json
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from consent.errors import ConsentError
from consent.settings import Settings
from consent.warehouse import open_snapshot
from pipelines.commands.options import Home
from pipelines.commands.results import ExportFormat, Severity

findings = typer.Typer(name="findings", help="What the rules found, and how it goes on.", no_args_is_help=True)

Finding = Annotated[str, typer.Argument(help="Its id, or how it begins (at least 6 digits).", show_default=False)]


class Status(StrEnum):
    """How a finding stands."""

    OPEN = "open"
    REOPENED = "reopened"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class ListFormat(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(findings)


@findings.command("list")
def list_(
    site: Annotated[str | None, typer.Option(help="Of this site.")] = None,
    severity: Annotated[Severity | None, typer.Option(help="Of this severity.")] = None,
    rule: Annotated[str | None, typer.Option(help="Of this rule.")] = None,
    jurisdiction: Annotated[str | None, typer.Option(help="Under this one.")] = None,
    status: Annotated[list[Status] | None, typer.Option(help="Default: open and reopened.")] = None,
    output: Annotated[ListFormat, typer.Option("--format", help="How to print.")] = ListFormat.TABLE,
    fail_on: Annotated[Severity | None, typer.Option(help="End with 1 where one listed is as severe or worse.")] = None,
    home: Home = None,
) -> None:
    """The findings as of the last refresh, the gravest first; answers given since are shown."""
    from pipelines.findings_table import print_findings

    wanted = {one.value for one in status or [Status.OPEN, Status.REOPENED]}
    listed = [
        row
        for row in _found(Settings.load(home=home))
        if row["status"] in wanted
        and site in (None, row["site"])
        and (severity is None or row["severity"] == severity)
        and rule in (None, row["rule_id"])
        and jurisdiction in (None, row["jurisdiction"])
    ]
    print_findings(listed, output.value)
    gravity = list(Severity)
    if fail_on and any(gravity.index(Severity(row["severity"])) <= gravity.index(fail_on) for row in listed):
        raise typer.Exit(1)


@findings.command()
def show(finding: Finding, home: Home = None) -> None:
    """One finding with its rule, its limit, what that rests on, and where the evidence lies."""
    settings = Settings.load(home=home)
    row = _one(settings, finding)
    for name, value in row.items():
        if name not in ("subject", "evidence") and value not in (None, ""):
            typer.echo(f"{name:<20} {value}")
    for place in json.loads(row["evidence"] or "[]"):
        typer.echo(f"{'evidence':<20} {' '.join(f'{name} {value}' for name, value in place.items())}")


@findings.command()
def ack(
    finding: Finding,
    until: Annotated[str, typer.Option(help="The last day (UTC) it holds, such as 2027-01-31.", show_default=False)],
    why: Annotated[str, typer.Option(help="The reason, for whoever reads it later.", show_default=False)],
    by: Annotated[str | None, typer.Option(help="Who answers for it; default: the user's name.")] = None,
    home: Home = None,
) -> None:
    """Acknowledge a finding: someone answers for leaving it as it is, until a day."""
    from consent.acknowledgements import acknowledge

    settings = Settings.load(home=home)
    row = _one(settings, finding)
    if row["status"] == "resolved":
        raise ConsentError(f"finding {row['finding_id']}: resolved; there is nothing to acknowledge")
    try:
        day = date.fromisoformat(until)
    except ValueError:
        raise ConsentError(f"until: expected a day such as 2027-01-31; came {until!r}") from None
    made = acknowledge(settings, row["finding_id"], by=by or getpass.getuser(), until=day, why=why)
    typer.echo(f"{made.finding_id} acknowledged by {made.by} until {made.until}")


@findings.command()
def unack(
    finding: Finding,
    why: Annotated[str, typer.Option(help="The reason.", show_default=False)],
    by: Annotated[str | None, typer.Option(help="Who takes it back; default: the user's name.")] = None,
    home: Home = None,
) -> None:
    """Take an acknowledgement back before its day."""
    from consent.acknowledgements import take_back

    settings = Settings.load(home=home)
    made = take_back(settings, _one(settings, finding)["finding_id"], by=by or getpass.getuser(), why=why)
    typer.echo(f"{made.finding_id}: the acknowledgement has ended")


@findings.command()
def history(finding: Finding, home: Home = None) -> None:
    """The life of a finding: when it was opened, answered, resolved, reopened."""
    settings = Settings.load(home=home)
    finding_id = _one(settings, finding)["finding_id"]
    for row in _rows(settings, "select * from finding_history where finding_id = ? order by at, event", [finding_id]):
        answer = f"  by {row['by']} until {row['until']}: {row['why']}" if row["by"] else ""
        typer.echo(f"{row['at']:%Y-%m-%d %H:%M:%S}Z  {row['event']}{answer}")


@findings.command()
def export(
    output: Annotated[ExportFormat, typer.Option("--format", help="File format.")] = ExportFormat.CSV,
    file: Annotated[Path | None, typer.Option("-o", "--output", help="File; default: standard output.")] = None,
    with_history: Annotated[bool, typer.Option("--history", help="The relation finding_history instead.")] = False,
    home: Home = None,
) -> None:
    """Write all findings, resolved ones too, as of the last refresh."""
    from pipelines.export import export as run

    run(Settings.load(home=home), "finding_history" if with_history else "findings", output.value, file)


def _found(settings: Settings) -> list[dict[str, Any]]:
    """Every finding, with the answers that the snapshot does not know yet."""
    from consent.acknowledgements import read, standing

    answers = standing(read(settings), datetime.now(UTC).replace(tzinfo=None))
    rows = _rows(
        settings,
        "select * from findings order by "
        "list_position(['critical', 'high', 'medium', 'low'], severity), site, rule_id, item, jurisdiction",
    )
    for row in rows:
        answer = answers.get(row["finding_id"])
        if answer and row["status"] in ("open", "reopened"):
            row |= {
                "status": "acknowledged",
                "acknowledged_by": answer.by,
                "acknowledged_until": answer.until,
                "acknowledged_why": answer.why,
            }
    return rows


def _one(settings: Settings, given: str) -> dict[str, Any]:
    matching = [row for row in _found(settings) if len(given) >= 6 and row["finding_id"].startswith(given.lower())]
    if len(matching) != 1:
        problem = "no finding begins so" if not matching else f"{len(matching)} findings begin so"
        raise ConsentError(f"finding {given}: {problem}; `consent findings list --format json` shows the ids")
    return matching[0]


def _rows(settings: Settings, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
    with contextlib.closing(open_snapshot(settings.snapshot)) as connection:
        cursor = connection.execute(query, values or [])
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
