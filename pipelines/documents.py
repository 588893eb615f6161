"""Docs made from what they describe: `python -m pipelines.documents` writes them, a test sees that they are current."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer
from pydantic_core import PydanticUndefined

from consent.metrics import Metrics
from consent.models import statements
from consent.policies import Registry
from consent.settings import ROOT, Settings
from ingestion.adapters import FORMATS, format_of
from pipelines.cli import app
from pipelines.metrics_page import metrics_page

_DOCS = ROOT / "docs"
_EVIDENCE = {
    "S": "read in the authority's or standard's own text",
    "Q": "seen quoted or paraphrased by others",
    "K": "general knowledge, not read",
}


def documents() -> dict[Path, str]:
    """Every page, with its text."""
    pages = {
        "settings.md": _settings(),
        "commands.md": _commands(),
        "rules.md": _rules(),
        "relations.md": _relations(),
        "adapters.md": _adapters(),
        "metrics.md": metrics_page(Metrics.load(ROOT / "policies")),
    }
    return {_DOCS / name: "\n".join(lines) + "\n" for name, lines in pages.items()}


def _settings() -> Iterator[str]:
    yield "# Settings"
    yield ""
    yield "From `CONSENT_…` in the environment, else from `consent.toml` in the working directory (names in lower case,"
    yield "without the prefix). A value that cannot be is refused by name, with what is allowed."
    yield ""
    yield "| variable | default | meaning |"
    yield "|---|---|---|"
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = "" if default is None or default is PydanticUndefined else str(default).replace(f"{ROOT}/", "")
        yield f"| `CONSENT_{name.upper()}` | {f'`{shown}`' if shown else ''} | {field.description} |"


def _commands() -> Iterator[str]:
    yield "# Commands"
    yield ""
    yield "`consent COMMAND --help` says the same. Every command ends with 0, or with 1 and one line that says what was"
    yield "expected, what came and where; a call that cannot be understood ends with 2."
    root = typer.main.get_command(app)
    context = typer.Context(root, info_name="consent")
    yield from _command(root, context, "")


def _command(command: object, context: typer.Context, name: str) -> Iterator[str]:
    if name:
        yield ""
        yield f"## `consent {name}`"
        yield ""
        yield " ".join((getattr(command, "help", None) or "").split())
        rows = [record for p in getattr(command, "params", []) if (record := p.get_help_record(context))]
        if rows:
            yield ""
            yield "| option | meaning |"
            yield "|---|---|"
        for option, meaning in rows:
            yield f"| `{_cell(option)}` | {_cell(meaning)} |"
    for child_name, child in sorted(getattr(command, "commands", {}).items()):
        yield from _command(child, typer.Context(child, info_name=child_name), f"{name} {child_name}".strip())


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _rules() -> Iterator[str]:
    registry = Registry.load(ROOT / "policies")
    yield "# Rules"
    yield ""
    yield "Each is one SELECT in `sql/rules/`; severity, citation and limits are data in `policies/`. How well a source"
    yield "is known: " + "; ".join(f"**{mark}** {meaning}" for mark, meaning in _EVIDENCE.items()) + "."
    yield "A finding is a violation where the limit binds, else a guideline exceedance."
    yield ""
    yield "| rule | severity | binds | what it finds | rests on |"
    yield "|---|---|---|---|---|"
    for rule_id, rule in sorted(registry.rules.items()):
        binds = "yes" if rule.binding else "no"
        yield f"| `{rule_id}` | {rule.severity} | {binds} | {rule.description} | {rule.citation} |"


def _relations() -> Iterator[str]:
    yield "# Relations in the published snapshot"
    yield ""
    yield "`consent export NAME` writes each as CSV, JSON or Parquet, in the order of its grain."
    yield ""
    yield "| relation | grain | owner | one row is |"
    yield "|---|---|---|---|"
    for mart in statements("marts"):
        link = f"[`{mart.name}`](../sql/marts/{mart.name}.sql)"
        yield f"| {link} | {', '.join(mart.grain)} | {mart.owner} | {mart.title} |"


def _adapters() -> Iterator[str]:
    yield "# Adapters"
    yield ""
    yield "`consent send FILE --format NAME` turns what another system wrote into events of the contract: one payload"
    yield "a line (text or JSON), rows of a CSV where the system exports one, a whole document for the scans. Each raw"
    yield "signal becomes exactly one of impression, decision, dismissal, replay, reopen or observation, or nothing"
    yield "where nothing happened. The id of an event is made from its payload: a file sent twice counts once."
    yield ""
    yield "What a payload does not say can be told for all by options (`--site`, `--category BG51=marketing`, …), for"
    yield "one of them by an envelope around it:"
    yield ""
    yield "```json"
    yield '{"subject": "b7f3c2a1d4e5", "occurred_at": "2026-11-20T10:00:00Z", "payload": "CookieConsent=0"}'
    yield "```"
    yield ""
    yield "What is not understood is rejected with a reason, counted, and kept in `<home>/rejected/NAME.ndjson`; it"
    yield "never reaches Kafka or a log. An id that does not have the form of a subject is hashed (SHA-256, 128 bits);"
    yield "user ids, traits, addresses and user agents are not read."
    yield ""
    yield "| format | what it is | maps | cannot know |"
    yield "|---|---|---|---|"
    for name in FORMATS:
        form = format_of(name)
        yield f"| `{name}` | {form.title} | {_cell(form.maps)} | {_cell(form.cannot_know)} |"


def main() -> None:
    """Write the pages."""
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
