"""A turn at the warehouse: kept from step to step, and given to whoever waits."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from consent import turn as turns
from consent.turn import Turn
from consent.warehouse import in_utc, open_warehouse


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "warehouse.duckdb"


@pytest.fixture
def turn(path: Path) -> Iterator[Turn]:
    with contextlib.closing(in_utc(duckdb.connect())) as connection:
        made = Turn(connection, path, lock_timeout=5)
        yield made
        made.close()


def is_free(path: Path) -> bool:
    try:
        duckdb.connect(str(path)).close()
    except duckdb.Error:
        return False
    return True


def wait_until_free(path: Path, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not is_free(path):
        time.sleep(0.02)
    return is_free(path)


def test_the_file_is_kept_between_steps_and_let_go_of_when_none_comes(path: Path, turn: Turn) -> None:
    with turn.step() as connection:
        connection.execute("insert into raw.restrictions (site, subject) values ('shop', 'made-up')")
    assert not is_free(path)
    with turn.step() as connection:
        assert connection.execute("select count(*) from raw.restrictions").fetchall() == [(1,)]
    assert wait_until_free(path, 5)
    with open_warehouse(path) as connection:
        assert connection.execute("select count(*) from raw.restrictions").fetchall() == [(1,)]
    with turn.step() as connection:
        assert connection.execute("select count(*) from raw.restrictions").fetchall() == [(1,)]


def test_who_waits_has_the_file_after_the_step_under_way(
    path: Path, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_LONGEST", 60.0)
    had_it = threading.Event()

    def other() -> None:
        with open_warehouse(path, lock_timeout=10):
            had_it.set()

    with turn.step():
        waiting = threading.Thread(target=other)
        waiting.start()
        time.sleep(0.3)
        assert not had_it.is_set()
    assert had_it.wait(2), "the step ended, and whoever waited did not get the file before the next"
    for _ in range(3):
        with turn.step():
            pass
    waiting.join()
    assert not list(path.parent.glob("*.waiting"))
    assert not is_free(path), "nobody waits any more, and the file is kept again"


def test_who_cannot_say_that_they_wait_has_a_chance_too(
    path: Path, turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_LONGEST", 0.0)
    with turn.step():
        pass
    assert is_free(path)


def test_a_step_that_fails_lets_go_of_the_file(path: Path, turn: Turn) -> None:
    with turn.step():
        pass
    with pytest.raises(ZeroDivisionError), turn.step():
        raise ZeroDivisionError
    assert is_free(path)
    with turn.step() as connection:
        assert connection.execute("select count(*) from raw.events").fetchall() == [(0,)]


def test_closing_lets_go_of_the_file(path: Path, turn: Turn) -> None:
    with turn.step():
        pass
    turn.close()
    assert is_free(path)
    turn.close()
