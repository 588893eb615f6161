"""The command that makes reports, and mails them."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from consent.errors import ConsentError
from consent.settings import Settings
from pipelines.commands.options import Home


class Audience(StrEnum):
    """Whom a report is for."""

    ALL = "all"
    PRODUCT = "product"
    COMPLIANCE = "compliance"


class Language(StrEnum):
    """Languages of reports."""

    EN = "en"
    NB = "nb"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    period: Annotated[str | None, typer.Option(help="2026-W46 or 2026-11; default: the last full week.")] = None,
    formats: Annotated[str, typer.Option("--format", help="html, pdf and csv, with commas between.")] = "html,pdf,csv",
    out: Annotated[Path | None, typer.Option("-o", "--output", help="Folder; default: <home>/reports.")] = None,
    site: Annotated[str | None, typer.Option(help="One site alone; default: all together.")] = None,
    audience: Annotated[
        Audience, typer.Option(help="Rates (product), findings and expiry (compliance), or all.")
    ] = Audience.ALL,
    language: Annotated[Language, typer.Option(help="English or Norwegian.")] = Language.EN,
    mail: Annotated[
        bool, typer.Option("--mail", help="Mail it, to --to or else to those that policies/reports.yaml names.")
    ] = False,
    to: Annotated[list[str] | None, typer.Option(metavar="ADDRESS", help="Recipient; may be repeated.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="With --mail: write the messages into the folder and send nothing.")
    ] = False,
    home: Home = None,
) -> None:
    """Write the report of a week or a month from the published snapshot, and mail it if asked.

    A report is mailed once to each recipient for a period, however often this is run; <home>/mailed.ndjson keeps what
    was sent to whom. Ends with 1 where a mail could not be sent.
    """
    from dashboards.reports import Report, write_report
    from pipelines.reporting import Mailed, mail_one, mail_reports

    settings = Settings.load(home=home)
    folder = out or settings.reports
    if dry_run and not mail:
        raise ConsentError("--dry-run: goes with --mail")
    if mail and not to:
        mailed = mail_reports(settings, period=period, dry_run=folder if dry_run else None)
    else:
        asked = Report(
            period=period,
            site=site,
            audience=audience.value,
            language=language.value,
            formats=tuple(formats.split(",")),
        )
        written = write_report(settings, asked)
        for path in written.save(folder):
            typer.echo(path)
        mailed = Mailed()
        for recipient in (to or []) if mail else []:
            mail_one(settings, written, asked.language, recipient, mailed, dry_run=folder if dry_run else None)
    _tell(mailed)


def _tell(mailed: object) -> None:
    from pipelines.reporting import Mailed

    assert isinstance(mailed, Mailed)  # noqa: S101 - for the type checker: the module is loaded only here
    for path in mailed.dry:
        typer.echo(path)
    for told in mailed.sent:
        typer.echo(f"sent {told}")
    for told in mailed.known:
        typer.echo(f"not sent again: {told}")
    for problem in mailed.problems:
        typer.echo(problem, err=True)
    if mailed.problems:
        raise typer.Exit(1)
