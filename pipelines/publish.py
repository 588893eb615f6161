"""Publishing: every mart into a new small file, then one rename."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from consent.models import statements
from consent.settings import Settings
from consent.warehouse import STORAGE_VERSION, swap_link

_KEPT = 3


@dataclass(frozen=True)
class Published:
    """What was written: the file, its relations, its bytes."""

    path: Path
    relations: int
    size: int


def publish(connection: duckdb.DuckDBPyConnection, settings: Settings) -> Published:
    """Copy the marts, each in the order of its grain, into a snapshot file and make it the current one.

    Readers of the old file keep it. The same marts give the same rows in the same order.
    """
    now = datetime.now(UTC).replace(tzinfo=None)
    folder = settings.home / "snapshots"
    folder.mkdir(exist_ok=True)
    path = folder / f"{now:%Y%m%dT%H%M%S%f}.duckdb"
    unfinished = path.with_suffix(".unfinished")
    marts = statements("marts")
    quoted = str(unfinished).replace("'", "''")
    connection.execute(f"attach '{quoted}' as snapshot (storage_version '{STORAGE_VERSION}')")
    try:
        for mart in marts:
            order = ", ".join(f'"{column}"' for column in mart.grain)
            connection.execute(
                f"create table snapshot.main.{mart.name} as select * from {mart.relation} order by {order}"  # noqa: S608
            )
        connection.execute("alter table snapshot.main.meta add column published_at timestamp")
        connection.execute("alter table snapshot.main.meta add column product_version varchar")
        connection.execute(
            "update snapshot.main.meta set published_at = ?, product_version = ?", [now, version("consent-analytics")]
        )
    finally:
        connection.execute("detach snapshot")
    unfinished.rename(path)
    swap_link(settings.snapshot, path)
    _forget_old(folder)
    return Published(path, len(marts), path.stat().st_size)


def _forget_old(folder: Path) -> None:
    for old in sorted(folder.glob("*.duckdb"))[:-_KEPT]:
        with contextlib.suppress(OSError):  # a reader that has it open keeps it
            old.unlink()
