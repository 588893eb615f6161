"""`consent verify`: whether all that was consumed lies in the warehouse, once."""

from __future__ import annotations

import typer

from consent.settings import Settings
from consent.warehouse import open_existing
from pipelines.commands.options import Home


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(verify)


def verify(home: Home = None) -> None:
    """Check that each consumed offset is an event, in quarantine or a known gap, once; names the first that is not."""
    from consent.verify import verify as run

    settings = Settings.load(home=home)
    with open_existing(settings.warehouse, lock_timeout=settings.lock_timeout) as connection:
        partitions = run(connection)
    for one in partitions:
        typer.echo(
            f"{one.topic} partition {one.partition}: offsets {one.first_offset} to {one.next_offset}, {one.consumed} = "
            f"{one.accepted} events + {one.quarantined} in quarantine + {one.gap_offsets} in gaps"
            f"{'' if one.problem is None else '  WRONG'}"
        )
    if not partitions:
        typer.echo("no partition has been read yet")
    wrong = [one.explanation for one in partitions if one.explanation]
    if wrong:
        typer.echo(f"consent: {wrong[0]}", err=True)
        raise typer.Exit(1)
