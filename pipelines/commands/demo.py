"""`consent demo`: the main job end to end."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from consent.settings import Settings
from pipelines.commands.options import Home, Host, Port, parse_time


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    events: Annotated[int, typer.Option(help="How many banner events to make.")] = 50_000,
    seed: Annotated[int, typer.Option(help="The same seed and end give the same events.")] = 1,
    end: Annotated[
        datetime | None, typer.Option(parser=parse_time, metavar="DATE", help="End of the 90 days; default today, UTC.")
    ] = None,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the dashboard at the end.")] = True,
    host: Host = "127.0.0.1",
    port: Port = 8050,
    home: Home = None,
) -> None:
    """Everything once, for real: broker, 90 days of events of two sites, ingest, refresh, report, dashboard."""
    settings = Settings.load(home=home)
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("{task.description:>10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    )
    with bar:
        from pipelines.demo import findings_by_severity, headline, run_demo

        tasks = {stage: bar.add_task(stage, total=None) for stage in ("sending", "ingesting", "refreshing")}
        done = run_demo(
            settings,
            events=events,
            seed=seed,
            end=end or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0),
            progress=lambda stage, count, of: bar.update(tasks[stage], completed=count, total=of),
        )
    rate = done.ingested.accepted / done.ingested.seconds
    typer.echo(
        f"events     {done.sent:,} sent in {done.send_seconds:.1f} s, {done.ingested.accepted:,} ingested "
        f"({rate:,.0f}/s), {done.ingested.quarantined:,} set aside in quarantine"
    )
    for category, granted, shown in headline(settings):
        typer.echo(f"opt-in     {category:<14} {granted / shown:6.1%}   {granted:,} of {shown:,} prompts")
    counts = ", ".join(f"{count} {severity}" for severity, count in findings_by_severity(settings))
    planted = sum(done.planted.findings.values())
    typer.echo(f"findings   {counts}  ({planted} violations were planted among the events)")
    typer.echo(f"files      {settings.warehouse}  {settings.snapshot}")
    for path in done.reports:
        typer.echo(f"report     {path}")
    typer.echo(f"took       {done.seconds:.1f} s, {done.peak_megabytes:,.0f} MB at most")
    if serve:
        from dashboards.app import serve as serve_dashboard

        serve_dashboard(settings, host, port, on_ready=lambda url: typer.echo(f"dashboard  {url}  (Ctrl-C stops it)"))
