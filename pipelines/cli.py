"""The command `consent`: its root, and how errors end it."""

from __future__ import annotations

import logging
import os
import sys

import typer

from consent.errors import ConsentError
from pipelines.commands import demo, results, stream

app = typer.Typer(
    name="consent",
    help="Consent banner events through Kafka into DuckDB: opt-in rates, expiry and retention findings, dashboards.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for module in (demo, stream, results):
    module.register(app)


def main() -> None:
    """Run the command; a ConsentError becomes one line on standard error and exit code 1."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for noisy in ("kafka", "dagster"):  # what matters of theirs comes as an error of ours
        logging.getLogger(noisy).setLevel(logging.CRITICAL)
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
