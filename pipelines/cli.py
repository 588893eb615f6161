"""The command `consent`: its root, and how errors end it."""

from __future__ import annotations

import os
import sys

import typer

from consent.errors import ConsentError, SettingsError
from consent.logs import configure, wants_json
from consent.settings import Settings
from pipelines.commands import (
    collect,
    demo,
    doctor,
    evidence,
    findings,
    forecast,
    metrics,
    notify,
    policy,
    purge,
    quarantine,
    report,
    results,
    stream,
    subject,
    tokens,
    up,
    verify,
)

app = typer.Typer(
    name="consent",
    help="Consent banner events through Kafka into DuckDB: opt-in rates, expiry and retention findings, dashboards.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (
    demo,
    stream,
    collect,
    quarantine,
    verify,
    findings,
    forecast,
    policy,
    purge,
    report,
    results,
    subject,
    evidence,
    notify,
    metrics,
    up,
    tokens,
    doctor,
):
    module.register(app)


def main() -> None:
    """Run the command; a ConsentError becomes one line on standard error and exit code 1."""
    # Numpy's library would start threads that spin for a tenth of a second; nothing here multiplies matrices.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    _configure_logs()
    try:
        app()
    except ConsentError as error:
        print(f"consent: {error}", file=sys.stderr)  # noqa: T201
        sys.exit(1)
    except BrokenPipeError:  # `consent export … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _configure_logs() -> None:
    """As set; unless a level is set, a person at a terminal is shown from WARNING on."""
    try:
        settings = Settings.load()
    except SettingsError:  # the command says so itself, and `--help` needs no settings
        settings = Settings.model_construct()
    json = wants_json(settings.log_format)
    configure(settings.log_level if json or "log_level" in settings.model_fields_set else "warning", json=json)
