"""`consent evidence`: a zip for an authority or a court, which shows by itself that it was not changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from consent.errors import ConsentError
from consent.settings import Settings
from consent.warehouse import open_existing
from pipelines.commands.options import Home


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(evidence)


def evidence(
    wanted: Annotated[
        str,
        typer.Argument(
            metavar="SUBJECT|FINDING_ID",
            help="A person's pseudonymous id, or a finding's id or how it begins (at least 6 digits).",
            show_default=False,
        ),
    ],
    file: Annotated[Path, typer.Option("-o", "--output", help="The zip to write.", show_default=False)],
    site: Annotated[str, typer.Option("--site", help="This site alone; default: every one.")] = "",
    home: Home = None,
) -> None:
    """Bundle decisions or a finding with texts by hash, policy version, receipts, proof, and how to check it."""
    from consent.evidence import bundle

    settings = Settings.load(home=home)
    with open_existing(settings.warehouse, lock_timeout=settings.lock_timeout) as connection:
        content = bundle(connection, settings, wanted, site)
    try:
        file.write_bytes(content)
    except OSError as error:
        raise ConsentError(f"{file}: cannot write: {error.strerror}") from None
    typer.echo(f"{file}: {len(content)} bytes; VERIFY.txt in it says how to check it")
