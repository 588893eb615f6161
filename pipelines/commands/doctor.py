"""`consent doctor`: what is configured, reachable and writable, with what to do where it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from consent.errors import SettingsError
from consent.settings import Settings
from pipelines.commands.options import Home

if TYPE_CHECKING:
    from pipelines.diagnosis import Diagnosis


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(home: Home = None) -> None:
    """Say what is configured (secrets masked), reachable and writable, and what to do where it is not.

    Each line is ok, warn or fail; ends with 1 if one is fail.
    """
    from pipelines.configured import configured
    from pipelines.diagnosis import Diagnosis as Found
    from pipelines.doctor import examine

    try:
        settings = Settings.load(home=home)
    except SettingsError as error:
        _print(Found("fail", "settings", str(error), "set a value that is allowed, or unset it"))
        raise typer.Exit(1) from None
    for one in configured(settings, given=frozenset({"home"} if home else ())):
        typer.echo(f"ok    setting    {one.name} = {one.value}  ({one.origin})")
    failed = 0
    for diagnosis in examine(settings):
        _print(diagnosis)
        failed += diagnosis.status == "fail"
    if failed:
        raise typer.Exit(1)


def _print(diagnosis: Diagnosis) -> None:
    line = f"{diagnosis.status:<5} {diagnosis.subject:<10} {diagnosis.finding}"
    typer.echo(f"{line}  -> {diagnosis.advice}" if diagnosis.advice else line)
