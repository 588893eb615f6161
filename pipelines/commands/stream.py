"""Commands on the stream: the embedded broker, sending, ingesting."""

from __future__ import annotations

import enum
import signal
import sys
import threading
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from consent.errors import ConsentError
from consent.settings import Settings
from pipelines.commands.options import Home, parse_time

if TYPE_CHECKING:
    from ingestion.send import Sent

CANONICAL = "canonical"


class Kind(enum.StrEnum):
    """What a state is that the payload does not tell."""

    decision = "decision"
    replay = "replay"


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
    file: Annotated[str, typer.Argument(help="File, or - for standard input.", show_default=False)] = "-",
    form: Annotated[
        str, typer.Option("--format", metavar="NAME", help="What the file holds; docs/adapters.md lists the formats.")
    ] = CANONICAL,
    check: Annotated[
        bool, typer.Option("--check", help="Judge each canonical line first; send only good ones.")
    ] = False,
    site: Annotated[str | None, typer.Option(help="Site or app, where the payload does not say.")] = None,
    subject: Annotated[str | None, typer.Option(help="Pseudonymous id, where the payload names nobody.")] = None,
    at: Annotated[
        datetime | None, typer.Option(parser=parse_time, metavar="TIME", help="When, where the payload does not say.")
    ] = None,
    region: Annotated[str | None, typer.Option(help="Where the visitors are, such as NO or US-CA.")] = None,
    platform: Annotated[str | None, typer.Option(help="web, ios, android, desktop, tv or other.")] = None,
    policy_version: Annotated[str | None, typer.Option(help="Of the cookie policy that was shown.")] = None,
    kind: Annotated[
        Kind | None, typer.Option(help="What a state is that the payload does not tell: just chosen, or read.")
    ] = None,
    category: Annotated[
        list[str] | None, typer.Option(metavar="NAME=CATEGORY", help="What the CMP's own NAME means; may be repeated.")
    ] = None,
    categories: Annotated[
        str | None, typer.Option(metavar="A,B,C", help="All that were asked, where only granted ones are named.")
    ] = None,
    home: Home = None,
) -> None:
    """Send events into Kafka: canonical ones, one JSON object per line, or what another system wrote (--format).

    Canonical lines go out untouched and ingest judges them; with --check bad lines stay behind, listed by reason.
    Native payloads that are not understood stay behind too, kept with their reason under the home folder. The exit code
    is 1 where anything stayed behind.
    """
    from ingestion.adapters import format_of
    from ingestion.adapters.native import Told
    from ingestion.send import send_lines, send_native

    settings = Settings.load(home=home)
    with _open(file) as stream:
        if form == CANONICAL:
            sent = send_lines(stream, settings, check=check)
        else:
            told = Told(
                site=site,
                subject=subject,
                occurred_at=at or (_written_at(file) if format_of(form).is_whole else None),
                region=region,
                platform=platform,
                policy_version=policy_version,
                kind=kind.value if kind else None,
                names=_named(category or []),
                declared=tuple(name.strip() for name in (categories or "").split(",") if name.strip()),
            )
            sent = send_native(stream, format_of(form), told, settings)
    _tell(sent)


def _tell(sent: Sent) -> None:
    """Say what went out and what stayed behind; exit 1 if anything did."""
    rejected = sum(len(numbers) for numbers in sent.rejected.values())
    typer.echo(f"sent {sent.sent}, rejected {rejected}")
    for reason, numbers in sent.rejected.items():
        listed = ", ".join(map(str, numbers[:5])) + (", …" if len(numbers) > 5 else "")
        typer.echo(f"  {reason}: line {listed}", err=True)
    if sent.kept:
        typer.echo(f"  kept in {sent.kept}", err=True)
    if rejected:
        raise typer.Exit(1)


def _named(pairs: list[str]) -> dict[str, str]:
    named = {}
    for pair in pairs:
        name, equals, category = pair.partition("=")
        if not (name and equals and category):
            raise ConsentError(f"--category: expected NAME=CATEGORY, such as BG51=marketing; came {pair[:80]!r}")
        named[name] = category
    return named


def _written_at(file: str) -> datetime | None:
    """When a file was last written: a scan that holds no time of its own is as old as that."""
    return None if file == "-" else datetime.fromtimestamp(Path(file).stat().st_mtime, UTC)


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
