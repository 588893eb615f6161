"""`consent collect`: the HTTP collector."""

from __future__ import annotations

import typer

from consent.settings import Settings
from pipelines.commands.options import Home, Host, Port


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(collect)


def collect(host: Host = "127.0.0.1", port: Port = 8060, home: Home = None) -> None:
    """Take events over HTTP and hand them to Kafka, or to a spool on disk while Kafka is away. Ctrl-C stops it."""
    from ingestion.collector.server import serve

    serve(
        Settings.load(home=home),
        host,
        port,
        on_ready=lambda url: typer.echo(f"Collector at {url}v1/events  (Ctrl-C stops it)"),
    )
