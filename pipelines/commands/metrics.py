"""`consent metrics list|explain|diff`: what each number means, and what a changed definition would do."""

from __future__ import annotations

import contextlib
import csv
import json
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from consent.settings import Settings
from pipelines.commands.options import Home

metrics = typer.Typer(no_args_is_help=True, help="What each number means, and what a changed definition would do.")


class DiffFormat(StrEnum):
    """How a diff is printed."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


class Step(StrEnum):
    """What a row of a diff covers."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


def register(app: typer.Typer) -> None:
    """Add the group."""
    app.add_typer(metrics, name="metrics")


@metrics.command("list")
def list_metrics(home: Home = None) -> None:
    """Every metric with its formula, and the presets that name them as other products do."""
    from consent.metrics import Metrics

    registry = Metrics.load(Settings.load(home=home).policies)
    _print([(one.name, one.formula, one.unit, one.title) for one in registry], ("name", "formula", "unit", "title"))
    for preset in registry.presets.values():
        named = ", ".join(f"{theirs} = {ours}" for theirs, ours in preset.metrics.items())
        typer.echo(f"\n{preset.title}: {named}\n  {preset.differs}")


@metrics.command()
def explain(name: Annotated[str, typer.Argument(help="As listed.")], home: Home = None) -> None:
    """What a metric means, and what it is in the published snapshot: its last day and the seven up to it."""
    from consent.metrics import Metrics

    settings = Settings.load(home=home)
    metric = Metrics.load(settings.policies)[name]
    typer.echo(f"{metric.name}: {metric.title}\n{metric.description}\n")
    facts = {
        "formula": f"{metric.formula}, each the sum over {metric.over}",
        "unit": metric.unit,
        "no number": f"where {metric.null_when.shown}" if metric.null_when else "",
        "leaves out": metric.excludes,
        "source": metric.source,
        "presets": "; ".join(metric.presets),
    }
    for label, text in facts.items():
        if text:
            typer.echo(f"{label:<11} {text}")
    typer.echo()
    _print_today(settings, metric)


@metrics.command()
def diff(
    old: Annotated[Path, typer.Argument(help="A metrics file, as it is.")],
    new: Annotated[Path, typer.Argument(help="The same with changed definitions.")],
    step: Annotated[Step, typer.Option("--grain", help="What a row of JSON or CSV covers.")] = Step.DAY,
    site: Annotated[str | None, typer.Option(help="This site alone.")] = None,
    output: Annotated[DiffFormat, typer.Option("--format", help="How to print.")] = DiffFormat.TABLE,
    home: Home = None,
) -> None:
    """What changed definitions do to the published history, before they are adopted. Nothing is stored.

    The table sums up each site; JSON and CSV have a row for each day (or week, or month), site and category.
    """
    from consent.metric_diff import difference, replay
    from consent.metrics import Metrics
    from consent.warehouse import open_snapshot

    found = difference(Metrics.read(old), Metrics.read(new))
    rows: list[Any] = []
    if found.changed:
        with contextlib.closing(open_snapshot(Settings.load(home=home).snapshot)) as connection:
            for before, after in found.changed:
                rows += replay(connection, before, after, grain=step.value, site=site)
    listed = [{**vars(row), "change": row.change} for row in rows]
    if output is DiffFormat.JSON:
        typer.echo(json.dumps(listed, indent=2, default=str))
    elif output is DiffFormat.CSV:
        writer = csv.DictWriter(sys.stdout, ["metric", "day", "site", "category", "old", "new", "change"])
        writer.writeheader()
        writer.writerows(listed)
    else:
        for verb, names in (("added", found.added), ("removed", found.removed), ("reworded", found.reworded)):
            if names:
                typer.echo(f"{verb}: {', '.join(names)}")
        for before, after in found.changed:
            typer.echo(f"\n{before.name}: {before.formula}  ->  {after.formula}")
            _print_change([row for row in rows if row.metric == before.name], is_rate=after.is_rate)
        if not found.changed:
            typer.echo("no number changes")


def _print_today(settings: Settings, metric: Any) -> None:
    from datetime import timedelta

    from consent.metric_query import select
    from consent.warehouse import open_snapshot

    with contextlib.closing(open_snapshot(settings.snapshot)) as connection:
        (last,) = connection.execute("select max(date) from prompts_daily").fetchall()[0]
        if last is None:
            typer.echo("the snapshot holds no prompts yet")
            return
        rows: list[tuple[str, ...]] = []
        for label, start in ((f"{last}", last), ("7 days", last - timedelta(days=6))):
            text, parameters = select(metric, by=("site",), start=start, end=last)
            for *place, above, below, value in connection.execute(text, parameters).fetchall():
                category = place[1] if len(place) > 1 else ""
                parts = (_number(above), _number(below)) if metric.denominator else ()
                rows.append((place[0], category, label, *parts, _number(value, is_rate=metric.is_rate)))
    parts = (metric.numerator.shown, metric.denominator.shown) if metric.denominator else ()
    columns = ("site", "category", "period", *parts, metric.name)
    _print(sorted(rows, key=lambda row: (row[0], row[1])), columns, right=(3, 4, 5))


def _print_change(rows: Sequence[Any], *, is_rate: bool) -> None:
    groups: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        groups.setdefault((row.site, row.category), []).append(row)
    printed = []
    for (site, category), group in groups.items():
        moved = [row for row in group if row.old != row.new]
        both = [row for row in moved if row.change is not None]
        lost = sum(row.new is None for row in moved)
        gained = sum(row.old is None for row in moved)
        most = max(both, key=lambda row: abs(row.change), default=None)
        printed.append(
            (
                site,
                category,
                f"{len(moved)} of {len(group)}",
                _change(most.change, is_rate=is_rate) if most else "",
                f"{most.day}: {_number(most.old, is_rate=is_rate)} -> {_number(most.new, is_rate=is_rate)}"
                if most
                else "",
                f"{lost or ''}",
                f"{gained or ''}",
            )
        )
    columns = ("site", "category", "changed", "most", "on", "no longer a number", "now a number")
    _print(printed, columns, right=(2, 3, 5, 6))


def _number(value: float | None, *, is_rate: bool = False) -> str:
    if value is None:
        return "none"
    return f"{value:.2%}" if is_rate else f"{value:,.0f}"


def _change(value: float, *, is_rate: bool) -> str:
    return f"{value * 100:+.2f} points" if is_rate else f"{value:+,.0f}"


def _print(rows: Sequence[Sequence[str]], columns: Sequence[str], right: Sequence[int] = ()) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if place in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else 200, highlight=False).print(table)
