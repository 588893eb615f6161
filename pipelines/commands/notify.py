"""`consent notify`: a test message to every target."""

from __future__ import annotations

from datetime import timedelta

import typer

from consent.errors import ConsentError
from consent.settings import Settings
from pipelines.commands.options import Home


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(notify)


def notify(home: Home = None) -> None:
    """Send a test message to every target of CONSENT_NOTIFY_URLS, and say which it reached; ends with 1 if not all."""
    from pipelines.notifications import notify as run

    done = run(
        Settings.load(home=home),
        key="test",
        title="Consent analytics: a test",
        body="This is where alerts and findings will arrive.",
        quiet=timedelta(0),
    )
    if not done.sent and not done.failed:
        raise ConsentError("no target is set; set CONSENT_NOTIFY_URLS, for example to mailto:name@host")
    for name in done.sent:
        typer.echo(f"sent    {name}")
    for name in done.failed:
        typer.echo(f"failed  {name}")
    if done.failed:
        raise typer.Exit(1)
