"""Commands on site files: a draft from someone else's list, a check, what changed between two versions."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from consent.errors import ConsentError
from consent.settings import Settings

_SITE_FILE = "A site file, as in policies/sites."


class DiffFormat(StrEnum):
    """How differences are printed."""

    TABLE = "table"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the command group."""
    policy = typer.Typer(help="Site files: draft one from a cookie policy, check, compare.", no_args_is_help=True)
    policy.command("import")(draft)
    policy.command()(check)
    policy.command()(diff)
    app.add_typer(policy, name="policy")


def draft(
    file: Annotated[Path, typer.Argument(help="A cookie policy (text, HTML) or a list of cookies (CSV, JSON).")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Default: standard output.")] = None,
    site: Annotated[str | None, typer.Option(help="The id that the site's events carry.")] = None,
    only: Annotated[
        list[str] | None, typer.Option(help="Keep rows whose name or provider contains this; may be given again.")
    ] = None,
) -> None:
    """Read a cookie policy, the Open Cookie Database, or an export of Cookiebot or OneTrust into a draft to review.

    Nothing is invented: what the document leaves open is listed at the top of the draft.
    """
    from consent.declarations import read_declarations, to_yaml
    from consent.policies import Registry

    registry = Registry.load(Settings.load().policies)
    found = read_declarations(file, registry.categories.meaning, only or ())
    text = to_yaml(found, file.name, site)
    if output is None:
        sys.stdout.write(text)
    else:
        if output.exists():
            raise ConsentError(f"{output}: expected a new file; this one is there already")
        output.write_text(text, encoding="utf-8")
    typer.echo(f"{len(found.rows)} rows, {len(found.questions)} to decide", err=True)


def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Site files; default: the whole folder of policies.")
    ] = None,
) -> None:
    """Say whether policies can be loaded; a mistake is shown with its file, line, field and what is allowed."""
    from consent.policies import Registry

    registry = Registry.load(Settings.load().policies)
    if files:
        registry = registry.with_site_files(files)
    for site in registry.sites.values():
        typer.echo(f"{site.site}: {len(site.storage)} rows of storage, {len(site.promises)} promises, no mistake")


def diff(
    old: Annotated[Path, typer.Argument(help=_SITE_FILE)],
    new: Annotated[Path, typer.Argument(help=_SITE_FILE)],
    output: Annotated[DiffFormat, typer.Option("--format", help="How to print.")] = DiffFormat.TABLE,
) -> None:
    """Show what changed between two versions of a site file, and whether people have to be asked again."""
    from consent.policies import Registry
    from consent.policy_diff import diff as compare

    registry = Registry.load(Settings.load().policies)
    (before,), (after,) = (registry.with_site_files([path]).sites.values() for path in (old, new))
    found = compare(before, after, registry.categories.meaning | dict(before.categories) | dict(after.categories))
    if output is DiffFormat.JSON:
        typer.echo(json.dumps(asdict(found), ensure_ascii=False, indent=2))
        return
    signs = {"added": "+", "removed": "-", "changed": "~"}
    for difference in found.differences:
        values = " -> ".join(filter(None, (difference.before, difference.after)))
        typer.echo(f"{signs[difference.change]} {difference.what}: {values}")
        if difference.why:
            typer.echo(f"    ask again: {difference.why}")
    asked = "earlier consents do not cover this: ask again" if found.needs_reconsent else "earlier consents still hold"
    typer.echo(f"{len(found.differences)} differences; {asked}" if found.differences else "no difference")
    if found.warning:
        typer.echo(f"warning: {found.warning}", err=True)
