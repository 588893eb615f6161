"""Options and arguments that several commands share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

Home = Annotated[
    Path | None,
    typer.Option(
        "--home", help="Folder that holds everything on disk.", envvar="CONSENT_HOME", show_default=".consent"
    ),
]
Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")]


def parse_time(text: str) -> datetime:
    """A command-line time as an aware datetime; a date is its midnight, and without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"expected a time like 2026-10-31 or 2026-10-31T12:00:00Z, not {text!r}") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of", parser=parse_time, metavar="TIME", help="Count what had been received by then; default now."
    ),
]
