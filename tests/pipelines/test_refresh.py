"""The refresh: what a killed one leaves behind, and two at once."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import duckdb
import pytest

from consent import turn, warehouse
from consent.errors import ConsentError, RefreshFailed
from consent.models import all_models
from consent.settings import Settings
from consent.warehouse import open_snapshot, open_warehouse
from pipelines.refresh import refresh
from pipelines.resources import WarehouseResource

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)


def as_of_published(settings: Settings) -> datetime:
    with contextlib.closing(open_snapshot(settings.snapshot)) as connection:
        return connection.execute("select as_of from meta").fetchall()[0][0].replace(tzinfo=UTC)


def _refresh(home: str) -> None:
    refresh(Settings.load(home=home))


def test_a_killed_refresh_holds_nobody_up(settings: Settings) -> None:
    for delay in (0.2, 1.5):
        process = multiprocessing.get_context("spawn").Process(target=_refresh, args=(str(settings.home),))
        process.start()
        while not settings.warehouse.exists():
            time.sleep(0.05)
        time.sleep(delay)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
    started = time.monotonic()
    refresh(settings, as_of=AS_OF)
    assert time.monotonic() - started < 60
    assert as_of_published(settings) == AS_OF


def test_its_duckdb_keeps_to_the_memory_that_was_set(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSENT_REFRESH_MEMORY", "512MiB")
    resource = WarehouseResource(home=str(settings.home), policies=str(settings.policies))
    with resource.yield_for_execution(dg.build_init_resource_context()) as used, used.open() as connection:
        [limits] = connection.execute(
            "select current_setting('memory_limit'), current_setting('temp_directory')"
        ).fetchall()
    assert limits == ("512.0 MiB", str(settings.home / "spill"))


def test_its_steps_share_turns_at_the_warehouse(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[Path] = []

    def attached(connection: duckdb.DuckDBPyConnection, path: Path, **given: float) -> AbstractContextManager[None]:
        taken.append(path)
        return warehouse.attached(connection, path, **given)

    monkeypatch.setattr(turn, "attached", attached)
    refresh(settings, as_of=AS_OF)
    assert 1 <= len(taken) < len(all_models()) / 3
    with open_warehouse(settings.warehouse, lock_timeout=0):
        pass  # nothing keeps it after the last step


def test_the_refresh_that_began_last_goes_on_and_the_other_ends(settings: Settings) -> None:
    """Its models are never mixed with those of another as-of time."""
    refresh(settings, as_of=datetime(2026, 10, 1, tzinfo=UTC))
    failures: list[ConsentError] = []

    def first() -> None:
        try:
            refresh(settings, as_of=datetime(2026, 10, 2, tzinfo=UTC))
        except ConsentError as error:
            failures.append(error)

    thread = threading.Thread(target=first)
    thread.start()
    while not failures:
        with open_warehouse(settings.warehouse) as connection:
            now = connection.execute("select as_of from staging.run").fetchall()
            if now == [(datetime(2026, 10, 2),)]:
                connection.execute("update staging.run set run_id = 'another'")
                break
        time.sleep(0.01)
    thread.join()
    assert isinstance(failures[0], RefreshFailed)
    assert "another refresh has begun since" in str(failures[0])
    assert as_of_published(settings) == datetime(2026, 10, 1, tzinfo=UTC)


def test_a_policy_that_is_wrong_ends_it_with_its_line(settings: Settings, tmp_path: object) -> None:
    wrong = settings.model_copy(update={"policies": settings.home / "no-policies"})
    with pytest.raises(RefreshFailed, match="no-policies"):
        refresh(wrong)
