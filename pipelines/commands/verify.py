"""`consent verify`: whether all that was consumed lies in the warehouse, once, and is what was sealed."""

from __future__ import annotations

import typer

from consent.settings import Settings
from consent.warehouse import open_existing
from pipelines.commands.options import Home


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(verify)


def verify(home: Home = None) -> None:
    """Check that each consumed offset is an event, in quarantine or a known gap, once, and that the proof holds.

    The proof holds where no sealed decision was changed, removed or put in. Names the first offset or link that is
    wrong, and ends with 1.
    """
    from consent.proof_check import check
    from consent.signing import SigningKey
    from consent.verify import verify as run

    settings = Settings.load(home=home)
    key = SigningKey.configured(settings)
    with open_existing(settings.warehouse, lock_timeout=settings.lock_timeout) as connection:
        partitions = run(connection)
        proven = check(connection, key)
    for one in partitions:
        typer.echo(
            f"{one.topic} partition {one.partition}: offsets {one.first_offset} to {one.next_offset}, {one.consumed} = "
            f"{one.accepted} events + {one.quarantined} in quarantine + {one.gap_offsets} in gaps"
            f"{'' if one.problem is None else '  WRONG'}"
        )
    if not partitions:
        typer.echo("no partition has been read yet")
    typer.echo(
        f"proof: {proven.decisions} decisions sealed in {proven.blocks} blocks ({proven.signed} signed), "
        f"{proven.removed} removed since{'' if proven.bad is None else '  WRONG'}"
    )
    if proven.unsealed:
        typer.echo(f"proof: the next refresh seals what lies at {proven.unsealed} newer offsets")
    wrong = [one.explanation for one in partitions if one.explanation]
    if proven.bad:
        wrong.append(proven.bad.explanation)
    if wrong:
        for line in wrong:
            typer.echo(f"consent: {line}", err=True)
        raise typer.Exit(1)
