"""`consent up`: everything that runs all the time."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from consent.settings import Settings
from pipelines.commands.options import Home, Host

_Port = Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")]
_CONSENT = (sys.executable, "-c", "from pipelines.cli import main; main()")
_DEFINITIONS = ("-m", "pipelines.definitions")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(up)


def up(
    host: Host = "127.0.0.1",
    collector_port: _Port = 8060,
    dashboard_port: _Port = 8050,
    dagster_port: _Port = 3000,
    home: Home = None,
) -> None:
    """Run collector, ingest, Dagster (UI and daemon) and dashboard, each again if it ends. Ctrl-C stops all.

    Kafka is not among them. Dagster's UI has no sign-in and listens on 127.0.0.1, whatever --host says.
    """
    import asyncio
    import os

    from pipelines.refresh import prepare_dagster_home
    from pipelines.supervisor import Program, Supervisor

    settings = Settings.load(home=home)
    prepare_dagster_home(settings)
    webserver, daemon = (str(Path(sys.executable).with_name(name)) for name in ("dagster-webserver", "dagster-daemon"))
    programs = [
        Program("collector", [*_CONSENT, "collect", "--host", host, "--port", str(collector_port)]),
        Program("ingest", [*_CONSENT, "ingest"]),
        Program("dashboard", [*_CONSENT, "dashboard", "--host", host, "--port", str(dashboard_port)]),
        Program("daemon", [daemon, "run", *_DEFINITIONS]),
        Program("dagster", [webserver, "--host", "127.0.0.1", "--port", str(dagster_port), *_DEFINITIONS]),
    ]
    asyncio.run(Supervisor(programs, {**os.environ, "CONSENT_HOME": str(settings.home.absolute())}).run())
