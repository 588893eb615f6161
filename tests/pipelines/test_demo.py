"""The demo end to end: what was planted is found, all of it and nothing else, and twice the same."""

from __future__ import annotations

import contextlib
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consent.audit import audit
from consent.errors import ConsentError
from consent.policies import Registry
from consent.settings import Settings
from consent.warehouse import open_snapshot, open_warehouse
from pipelines.demo import Demo, run_demo
from pipelines.export import export
from pipelines.refresh import refresh

END = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Demo]:
    """One demo for all tests of this module."""
    settings = Settings.load(home=tmp_path_factory.mktemp("demo") / "home")
    return settings, run_demo(settings, events=4000, seed=7, end=END, progress=lambda *_: None)


def query(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    with contextlib.closing(open_snapshot(settings.snapshot)) as connection:
        return connection.execute(sql).fetchall()


def test_every_record_is_accounted_for(made: tuple[Settings, Demo]) -> None:
    settings, demo = made
    planted = demo.planted
    assert demo.sent == planted.records
    assert demo.ingested.accepted == planted.events + planted.duplicates
    assert demo.ingested.quarantined == sum(planted.malformed.values())
    totals = query(settings, "select sum(accepted), sum(duplicates), sum(bots), sum(late) from data_quality_daily")
    assert totals[0][:2] == (planted.events + planted.duplicates, planted.duplicates)


def test_each_malformed_record_has_the_reason_planted(made: tuple[Settings, Demo]) -> None:
    settings, demo = made
    found = dict(query(settings, "select split_part(reason, ':', 1), sum(records) from quarantine_summary group by 1"))
    assert found == demo.planted.malformed


def test_findings_are_what_was_planted_and_what_the_audit_finds_and_nothing_else(
    made: tuple[Settings, Demo],
) -> None:
    settings, demo = made
    declared = {
        (finding["rule_id"], finding["site"], finding["jurisdiction"], finding["item"])
        for finding in audit(Registry.load(settings.policies), as_of=END)
    }
    found = {
        tuple(key): occurrences
        for *key, occurrences in query(
            settings, "select rule_id, site, jurisdiction, item, occurrences from findings order by all"
        )
    }
    planted = demo.planted.findings
    from_events = {key: count for key, count in found.items() if key not in declared or key in planted}
    assert from_events == planted


def test_the_better_banner_shows(made: tuple[Settings, Demo]) -> None:
    settings, _ = made
    rates = query(
        settings,
        "select banner_version, sum(granted) / sum(shown) from opt_in_daily where category = 'marketing' "
        "and banner_version <> '' group by 1 order by 1",
    )
    assert [version for version, _ in rates] == ["1", "2"]
    assert rates[1][1] > rates[0][1] + 0.02


def digest(settings: Settings, folder: Path, relation: str) -> str:
    file = folder / relation
    export(settings, relation, "csv", file)
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_refresh_as_of_the_same_time_gives_the_same_bytes(made: tuple[Settings, Demo], tmp_path: Path) -> None:
    settings, _ = made
    relations = [
        "opt_in_daily",
        "prompts_daily",
        "consent_current",
        "findings",
        "expiry_forecast",
        "data_quality_daily",
    ]
    before = [digest(settings, tmp_path, relation) for relation in relations]
    refresh(settings, as_of=datetime(2026, 10, 1, tzinfo=UTC))
    assert [digest(settings, tmp_path, relation) for relation in relations] != before
    refresh(settings, as_of=END)
    assert [digest(settings, tmp_path, relation) for relation in relations] == before


def test_it_will_not_touch_a_home_that_is_not_its_own(tmp_path: Path) -> None:
    settings = Settings.load(home=tmp_path)
    with open_warehouse(settings.warehouse):
        pass
    content = settings.warehouse.read_bytes()
    with pytest.raises(ConsentError, match="holds data that is not the demo's"):
        run_demo(settings, events=1000, seed=1, end=END, progress=lambda *_: None)
    assert settings.warehouse.read_bytes() == content
