"""`consent quarantine`: the records set aside, and their way back."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer
from rich.console import Console
from rich.table import Table

from consent.errors import ConsentError
from consent.settings import Settings
from consent.warehouse import open_existing
from pipelines.commands.options import Home, parse_time

if TYPE_CHECKING:
    from ingestion.quarantine import Reason, Record, Replay

quarantine = typer.Typer(
    name="quarantine", help="What was set aside, and again through the decoder.", no_args_is_help=True
)

ReasonOption = Annotated[
    str | None, typer.Option("--reason", help='A reason, or how it begins: not_json, "missing site".')
]


class ListFormat(StrEnum):
    """How a list is printed."""

    TABLE = "table"
    JSON = "json"


def register(app: typer.Typer) -> None:
    """Add the group of commands."""
    app.add_typer(quarantine)


@quarantine.command("list")
def list_(
    reason: ReasonOption = None,
    since: Annotated[
        datetime | None, typer.Option(parser=parse_time, metavar="TIME", help="Not what Kafka had before then.")
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="At most so many records, newest first; 0: only the summary.")] = 20,
    output: Annotated[ListFormat, typer.Option("--format", help="How to print.")] = ListFormat.TABLE,
    home: Home = None,
) -> None:
    """The records set aside, by reason and one by one; never their content."""
    from ingestion.quarantine import reasons, records

    settings = Settings.load(home=home)
    with open_existing(settings.warehouse, lock_timeout=settings.lock_timeout) as connection:
        summary = reasons(connection, reason=reason, since=since)
        found = records(connection, reason=reason, since=since, limit=limit)
    if output is ListFormat.JSON:
        listed = {"reasons": [_reason(one) for one in summary], "records": [_record(one) for one in found]}
        typer.echo(json.dumps(listed, indent=2))
        return
    total = sum(one.records for one in summary)
    if not total:
        typer.echo("nothing in quarantine" + (" that matches" if reason or since else ""))
        return
    _print_table(
        [
            (
                one.reason,
                one.records,
                _time(one.first_time),
                one.first_position,
                _time(one.last_time),
                one.last_position,
            )
            for one in summary
        ],
        ["reason", "records", "first", "at", "last", "at"],
    )
    if found:
        typer.echo()
        _print_table(
            [
                (one.topic, one.partition, one.offset, _time(one.kafka_timestamp), one.reason, _size(one.size))
                for one in found
            ],
            ["topic", "partition", "offset", "kafka time", "reason", "bytes"],
        )
    typer.echo(f"\n{total} in quarantine, {len(found)} shown")


@quarantine.command()
def show(
    topic: Annotated[str, typer.Argument(help="As listed.")],
    partition: Annotated[int, typer.Argument(min=0, help="As listed.")],
    offset: Annotated[int, typer.Argument(min=0, help="As listed.")],
    payload: Annotated[
        bool, typer.Option("--payload", help="Write the record's raw bytes instead. They are personal data.")
    ] = False,
    topic_id: Annotated[
        UUID | None, typer.Option(help="Which, where a topic was made anew under the same name.")
    ] = None,
    home: Home = None,
) -> None:
    """One record: where it lies, why, and what became of attempts to decode it again."""
    from ingestion.quarantine import Position, at_position, replays_of

    settings = Settings.load(home=home)
    position = Position(topic, partition, offset)
    with open_existing(settings.warehouse, lock_timeout=settings.lock_timeout) as connection:
        found = [
            (record, value)
            for record, value in at_position(connection, position)
            if topic_id in (None, record.topic_id)
        ]
        traces = [one for one in replays_of(connection, position) if topic_id in (None, one.topic_id)]
    if not found:
        raise ConsentError(f"{position}: not in quarantine{_accepted_since(traces)}")
    if not payload:
        for record, _ in found:
            for name, value in _record(record).items():
                typer.echo(f"{name:<12} {value}")
            for one in traces:
                if one.topic_id == record.topic_id:
                    typer.echo(f"{'replayed':<12} {_time(one.replayed_at)}: {one.outcome} ({one.product_version})")
        return
    if len(found) > 1:
        ids = ", ".join(str(record.topic_id) for record, _ in found)
        raise ConsentError(f"{position}: in {len(found)} topics of that name; choose one with --topic-id: {ids}")
    sys.stdout.buffer.write(found[0][1] or b"")
    sys.stdout.flush()


@quarantine.command()
def replay(
    reason: ReasonOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count what would become good; write nothing.")] = False,
    home: Home = None,
) -> None:
    """Decode the records again, exactly once: the good ones become events, each attempt leaves a trace.

    May be stopped at any moment and run again.
    """
    from ingestion.quarantine import replay as run

    settings = Settings.load(home=home)
    done = run(settings.warehouse, lock_timeout=settings.lock_timeout, reason=reason, dry_run=dry_run)
    verb = "would be accepted" if dry_run else "accepted"
    typer.echo(f"decoded {done.accepted + done.still_bad} again: {done.accepted} {verb}, {done.still_bad} still bad")
    for (before, after), count in sorted(done.changes.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        if before != after:
            typer.echo(f"  {count:>8}  {before}  ->  {after or verb}")


def _print_table(rows: list[tuple[object, ...]], columns: list[str]) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column, justify="right" if column in ("records", "bytes") else "left", overflow="fold")
    for row in rows:
        table.add_row(*(str(value) for value in row))
    Console(width=None if sys.stdout.isatty() else 200).print(table)


def _reason(one: Reason) -> dict[str, Any]:
    return {
        "reason": one.reason,
        "records": one.records,
        "first_time": _time(one.first_time),
        "first_position": vars(one.first_position),
        "last_time": _time(one.last_time),
        "last_position": vars(one.last_position),
    }


def _record(one: Record) -> dict[str, Any]:
    return {
        "topic": one.topic,
        "topic_id": str(one.topic_id),
        "partition": one.partition,
        "offset": one.offset,
        "kafka_time": _time(one.kafka_timestamp),
        "reason": one.reason,
        "bytes": one.size,
    }


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def _size(size: int | None) -> str:
    return "none" if size is None else f"{size:,}"


def _accepted_since(traces: list[Replay]) -> str:
    accepted = [one for one in traces if one.outcome == "accepted"]
    return f"; accepted on {_time(accepted[-1].replayed_at)}" if accepted else ""
