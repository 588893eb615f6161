"""Commands on the stream: the embedded broker, sending, ingesting."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from consent.errors import ConsentError
from consent.settings import Settings
from pipelines.commands.options import Home


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(broker)
    app.command()(send)
    app.command()(ingest)


def _stopped() -> threading.Event:
    """An event that SIGINT and SIGTERM set."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def broker(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 0,
    home: Home = None,
) -> None:
    """Run the embedded broker in the foreground. It keeps nothing: when it stops, its records are gone."""
    from ingestion.broker import broker_at_home

    settings = Settings.load(home=home)
    stop = _stopped()
    with broker_at_home(settings, port) as running:
        typer.echo(f"Embedded broker at {running.bootstrap_servers}, topic {settings.topic}. For trying out: it keeps")
        typer.echo(
            "everything in memory and nothing when it stops. Other commands with this home find it. Ctrl-C stops it."
        )
        stop.wait()


def send(
    file: Annotated[str, typer.Argument(help="NDJSON file, or - for standard input.", show_default=False)] = "-",
    check: Annotated[bool, typer.Option("--check", help="Judge each line first; send only good ones.")] = False,
    home: Home = None,
) -> None:
    """Send canonical events, one JSON object per line, into Kafka.

    Lines go out untouched and ingest judges them. With --check bad lines stay behind, listed by reason, and the exit
    code is 1.
    """
    from ingestion.send import send_lines

    with _open(file) as lines:
        sent = send_lines(lines, Settings.load(home=home), check=check)
    rejected = sum(len(numbers) for numbers in sent.rejected.values())
    typer.echo(f"sent {sent.sent}, rejected {rejected}")
    for reason, numbers in sent.rejected.items():
        listed = ", ".join(map(str, numbers[:5])) + (", …" if len(numbers) > 5 else "")
        typer.echo(f"  {reason}: line {listed}", err=True)
    if rejected:
        raise typer.Exit(1)


def _open(file: str) -> BinaryIO | nullcontext[BinaryIO]:
    if file == "-":
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except OSError as error:
        raise ConsentError(f"{file}: cannot read: {error.strerror}") from None


def ingest(
    until_caught_up: Annotated[bool, typer.Option("--until-caught-up", help="Stop at the end of the topic.")] = False,
    home: Home = None,
) -> None:
    """Read the topic into the warehouse, exactly once, until stopped. Bad records go whole into quarantine."""
    from ingestion.ingest import Ingested
    from ingestion.ingest import ingest as run

    def show(totals: Ingested) -> None:
        typer.echo(f"{totals.accepted} accepted, {totals.quarantined} in quarantine", err=True)

    totals = run(
        Settings.load(home=home),
        until_caught_up=until_caught_up,
        stop=_stopped(),
        on_batch=None if until_caught_up else show,
    )
    typer.echo(f"ingested {totals.accepted} events, {totals.quarantined} set aside in quarantine")
    for gap in totals.gaps:
        typer.echo(
            f"lost before it was read: partition {gap.partition}, offsets {gap.first} to {gap.next - 1}", err=True
        )
