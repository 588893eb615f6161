"""Commands on the results: refresh, audit, export, report, dashboard."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from consent.settings import Settings
from pipelines.commands.options import AsOf, Home, Host, Port


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(refresh)
    app.command()(audit)
    app.command()(export)
    app.command()(dashboard)


class Severity(StrEnum):
    """Severities, from worst to mildest."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


_GRAVITY = {severity: place for place, severity in enumerate(reversed(Severity))}


class AuditFormat(StrEnum):
    """How findings are printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class ExportFormat(StrEnum):
    """How a relation is written."""

    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def refresh(
    as_of: AsOf = None,
    full: Annotated[bool, typer.Option("--full", help="Rebuild every day, not only those that changed.")] = False,
    home: Home = None,
) -> None:
    """Run the Dagster job: models, rules, checks, publish."""
    from pipelines.refresh import refresh as run

    done = run(Settings.load(home=home), as_of=as_of, full=full)
    typer.echo(
        f"published as of {done.as_of:%Y-%m-%d %H:%M:%S} UTC: {done.rows['findings']} findings, "
        f"{done.rows['opt_in_daily']} rows of opt-in rates"
    )
    for check, rows in done.warnings.items():
        typer.echo(f"check {check}: {rows} row{'' if rows == 1 else 's'}", err=True)


def audit(
    sites: Annotated[list[Path] | None, typer.Argument(help="Site files; default: all in policies/sites.")] = None,
    jurisdiction: Annotated[str | None, typer.Option(help="Judge under this one alone, for example FR.")] = None,
    output: Annotated[AuditFormat, typer.Option("--format", help="How to print.")] = AuditFormat.TABLE,
    fail_on: Annotated[Severity | None, typer.Option(help="Exit with 1 for findings this severe or worse.")] = None,
    as_of: AsOf = None,
) -> None:
    """Judge declared cookies and storage by the rules that need no events. Nothing is stored."""
    from consent.audit import audit as run
    from consent.policies import Registry
    from pipelines.findings_table import print_findings

    registry = Registry.load(Settings.load().policies)
    if sites:
        registry = registry.with_site_files(sites)
    findings = run(registry, jurisdictions=[jurisdiction] if jurisdiction else None, as_of=as_of)
    print_findings(findings, output.value)
    if fail_on and any(_GRAVITY[finding["severity"]] >= _GRAVITY[fail_on] for finding in findings):
        raise typer.Exit(1)


def export(
    relation: Annotated[str | None, typer.Argument(help="A published relation, for example opt_in_daily.")] = None,
    output: Annotated[ExportFormat, typer.Option("--format", help="File format.")] = ExportFormat.CSV,
    file: Annotated[
        Path | None, typer.Option("-o", "--output", help="File, with --all a folder; default: standard output.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every published relation, a file for each.")] = False,
    home: Home = None,
) -> None:
    """Write a published relation, in the order of its grain: the same as-of gives the same bytes."""
    from consent.errors import ConsentError
    from pipelines.export import export as run
    from pipelines.export import export_all

    if everything == (relation is not None) or (everything and file is None):
        raise ConsentError("export: name one relation, or give --all and a folder with -o")
    if relation is not None:
        run(Settings.load(home=home), relation, output.value, file)
    elif file is not None:
        for path in export_all(Settings.load(home=home), output.value, file):
            typer.echo(path)


def dashboard(host: Host = "127.0.0.1", port: Port = 8050, home: Home = None) -> None:
    """Serve the dashboard from the published snapshot. Ctrl-C stops it."""
    from dashboards.app import serve

    serve(
        Settings.load(home=home), host, port, on_ready=lambda url: typer.echo(f"Dashboard at {url}  (Ctrl-C stops it)")
    )
