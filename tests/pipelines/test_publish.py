"""Publishing: the snapshot says what the marts say, whether it was written whole or in parts."""

from __future__ import annotations

import contextlib
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from consent.models import statements
from consent.policies import Registry
from consent.settings import ROOT, Settings
from consent.warehouse import open_snapshot, open_warehouse
from ingestion.decoder import Decoder
from pipelines import publish as publishing
from pipelines.publish import publish
from tests.consent.test_changes import START, forget, history, land, refresh

AS_OF = START + timedelta(days=4)


def rows(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, list[tuple[Any, ...]]]:
    """Of each mart, in the order of its grain; meta says when it was published, and is left out."""
    found = {}
    for mart in statements("marts"):
        order = ", ".join(f'"{column}"' for column in mart.grain)
        if mart.name != "meta":
            found[mart.name] = connection.execute(f"select * from {schema}{mart.name} order by {order}").fetchall()
    return found


def published(settings: Settings) -> dict[str, list[tuple[Any, ...]]]:
    with contextlib.closing(open_snapshot(settings.snapshot)) as connection:
        return rows(connection, "")


def refreshed(connection: duckdb.DuckDBPyConnection, settings: Settings, as_of: datetime) -> bool:
    """Whether the snapshot was written whole."""
    refresh(connection, as_of, publish=lambda: publish(connection, settings))
    name, whole_bytes = connection.execute("select name, whole_bytes from changed.published").fetchall()[0]
    assert settings.snapshot.resolve().name == name
    return bool(settings.snapshot.resolve().stat().st_size == whole_bytes)


@pytest.fixture
def connection(settings: Settings) -> Any:
    with open_warehouse(settings.warehouse) as connection:
        Registry.load(ROOT / "policies").write(connection)
        yield connection


def test_what_is_replaced_in_a_snapshot_gives_what_the_marts_say(
    settings: Settings, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "_MOST", 1000)  # so small a file would be written whole again each time
    events = history(random.Random(7), 240)
    with Decoder() as decoder:
        land(connection, decoder, events[:120], 0)
        assert refreshed(connection, settings, AS_OF)
        before = published(settings)
        assert before == rows(connection, "marts.")
        for start in (120, 160):
            land(connection, decoder, events[start : start + 40], start)
            assert not refreshed(connection, settings, AS_OF + timedelta(hours=start))
            after = published(settings)
            assert after == rows(connection, "marts.")
            assert after["consent_current"] != before["consent_current"]
            before = after


def test_after_a_removal_nothing_is_left_in_the_bytes(
    settings: Settings, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "_MOST", 1000)
    with Decoder() as decoder:
        land(connection, decoder, history(random.Random(7), 240), 0)
    refreshed(connection, settings, AS_OF)
    subject = connection.execute("select min(subject) from marts.consent_current").fetchall()[0][0]
    assert subject.encode() in settings.snapshot.read_bytes()
    forget(connection, subject)
    assert refreshed(connection, settings, AS_OF)
    assert subject.encode() not in Path(settings.snapshot).read_bytes()
    assert published(settings) == rows(connection, "marts.")


def test_a_file_that_has_grown_is_written_whole_again(
    settings: Settings, connection: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publishing, "_MOST", 0.5)
    assert refreshed(connection, settings, AS_OF)
    assert refreshed(connection, settings, AS_OF + timedelta(hours=1))


def test_one_finding_is_found_by_its_id_without_reading_all(
    settings: Settings, connection: duckdb.DuckDBPyConnection
) -> None:
    for as_of in (AS_OF, AS_OF + timedelta(hours=1)):
        refreshed(connection, settings, as_of)
        with contextlib.closing(open_snapshot(settings.snapshot)) as snapshot:
            indexed = snapshot.execute("select table_name, expressions from duckdb_indexes() order by all").fetchall()
        assert indexed == [("finding_history", "[finding_id]"), ("findings", "[finding_id]")]
