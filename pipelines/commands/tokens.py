"""Commands on the API's tokens: make one, list them, end one."""

from __future__ import annotations

from typing import Annotated

import typer

from consent.settings import Settings
from pipelines.commands.options import Home

Name = Annotated[str, typer.Argument(help="Who or what uses it, for example grafana.")]


def register(app: typer.Typer) -> None:
    """Add `consent token create|list|revoke`."""
    group = typer.Typer(help="Tokens for the dashboard's API.", no_args_is_help=True)
    group.command()(create)
    group.command(name="list")(list_tokens)
    group.command()(revoke)
    app.add_typer(group, name="token")


def create(
    name: Name,
    role: Annotated[str, typer.Option(help="viewer, compliance or admin.")] = "viewer",
    home: Home = None,
) -> None:
    """Make a token and print it, this once; only its hash is kept."""
    from dashboards.access import tokens

    typer.echo(tokens.create(Settings.load(home=home), name, role))


def list_tokens(home: Home = None) -> None:
    """Print each token's name, role, and since when and until when it works."""
    from dashboards.access import tokens

    for token in tokens.listed(Settings.load(home=home)):
        state = f"revoked {token.revoked_at}" if token.revoked_at else "works"
        typer.echo(f"{token.name}\t{token.role}\tcreated {token.created_at}\t{state}")


def revoke(name: Name, home: Home = None) -> None:
    """End a token at once, also in a dashboard that runs."""
    from dashboards.access import tokens

    tokens.revoke(Settings.load(home=home), name)
    typer.echo(f"revoked {name}")
