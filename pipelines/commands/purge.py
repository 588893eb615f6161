"""`consent purge`: the store keeps its own rules."""

from __future__ import annotations

from typing import Annotated

import typer

from consent.settings import Settings
from pipelines.commands.options import Home


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(purge)


def purge(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what is due; remove nothing.")] = False,
    even_proof: Annotated[
        bool, typer.Option("--even-proof", help="Also decisions whose proof period has not ended; it is written down.")
    ] = False,
    home: Home = None,
) -> None:
    """Remove what the policies' retention says is to be gone, down to the bytes. Rates of past days stay."""
    from pipelines.purging import purge_everywhere

    done = purge_everywhere(Settings.load(home=home), even_proof=even_proof, dry_run=dry_run)
    for one in done:
        verb = "kept as proof, though due" if one.refused else "due" if dry_run else "removed"
        typer.echo(
            f"{one.site or 'every site':<24} {one.relation:<12} {one.records:>8} {verb}, "
            f"{one.first_day} to {one.last_day}, by {one.rule}{' (before its proof period ended)' if one.early else ''}"
        )
    if not done:
        typer.echo("nothing is due")
