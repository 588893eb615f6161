"""Alerts on their way out: judged in the refresh, published, told once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from consent.settings import Settings
from consent.tables import TABLES
from consent.warehouse import open_snapshot, swap_link
from pipelines.alerts import tell
from pipelines.refresh import refresh
from tests.pipelines.test_notifications import Webhook, webhook  # noqa: F401
from tests.simulated_year import DAYS, Site, marts, on

NOW = datetime.combine(on(DAYS), datetime.min.time(), UTC) + timedelta(hours=1)


def publish(home: Path, as_of: datetime) -> None:
    """A snapshot with the alerts of a site whose rates dropped on the last day."""
    from consent.alerts import find
    from consent.metrics import Metrics
    from consent.settings import ROOT

    connection = marts(Site("shop", 3, drops=[(DAYS - 1, 9, 0.2, None)]))
    found = find(connection, Metrics.load(ROOT / "policies"), on(DAYS - 1), schema="main")
    home.mkdir(parents=True, exist_ok=True)
    target = home / f"{as_of:%H%M%S%f}.duckdb"
    connection.execute(f"attach '{target}' as snapshot")
    columns = ", ".join(f"{name} {kind}" for name, kind in TABLES["staging.alerts"])
    connection.execute(f"create table snapshot.alerts ({columns})")
    for alert in found:
        marks = ", ".join("?" * len(alert.row()))
        connection.execute(f"insert into snapshot.alerts values ({marks})", alert.row())
    connection.execute("create table snapshot.meta as select ?::timestamp as as_of", [as_of.replace(tzinfo=None)])
    connection.close()
    swap_link(home / "snapshot.duckdb", target)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    publish(home, NOW - timedelta(hours=1))
    return home


def test_an_alert_is_told_once_with_its_drivers_and_a_link(published: Path, webhook: Webhook) -> None:  # noqa: F811
    settings = Settings.load(home=published, notify_urls=webhook.url, dashboard_url="https://consent.example/")
    assert [len(one.sent) for one in tell(settings, NOW)] == [1]
    assert webhook.titles == ["shop: rate drop (4)"]
    body = webhook.posted[0]["message"]
    assert "Opt-in rate (marketing) at shop fell to" in body
    assert "What moved it most: " in body
    assert "https://consent.example/rates?metric=opt_in_rate&by=" in body
    assert [len(one.quiet) for one in tell(settings, NOW + timedelta(hours=20))] == [1]
    assert len(webhook.posted) == 1


def test_an_old_alert_an_old_snapshot_and_no_target_tell_nothing(published: Path, webhook: Webhook) -> None:  # noqa: F811
    settings = Settings.load(home=published, notify_urls=webhook.url)
    assert tell(settings, NOW + timedelta(days=3)) == []
    assert tell(Settings.load(home=published), NOW) == []
    assert webhook.posted == []


def test_a_refresh_judges_and_publishes_and_sends_nothing_of_the_past(home: Path, webhook: Webhook) -> None:  # noqa: F811
    settings = Settings.load(home=home, notify_urls=webhook.url)
    refresh(settings, as_of=datetime(2026, 10, 1, tzinfo=UTC))
    with open_snapshot(settings.snapshot) as connection:
        assert connection.execute("select count(*) from alerts").fetchall() == [(0,)]
        found = [row[0] for row in connection.execute("describe alerts").fetchall()]
    assert found == [name for name, _ in TABLES["staging.alerts"]]
    assert webhook.posted == []
