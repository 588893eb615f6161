"""The sensor that refreshes when rows have landed, and the check on what still waits in Kafka."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import pytest

from consent.settings import Settings
from consent.warehouse import open_warehouse
from ingestion.broker import broker_at_home
from ingestion.quarantine import replay
from ingestion.send import send_lines
from pipelines.definitions import definitions, refresh_job
from pipelines.refresh import refresh
from pipelines.resources import WarehouseResource
from pipelines.sensors import landed_sensor
from tests.consent.test_warehouse import holder
from tests.ingestion.events import encode, event
from tests.ingestion.quarantined import quarantined


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def resource(settings: Settings) -> WarehouseResource:
    return WarehouseResource(home=str(settings.home), policies=str(settings.policies))


def sensed(instance: dg.DagsterInstance, resource: WarehouseResource, cursor: str | None) -> Any:
    sensor = landed_sensor(refresh_job.name)
    with dg.build_sensor_context(instance=instance, cursor=cursor, resources={"warehouse": resource}) as context:
        return sensor(context)


def test_it_runs_unless_switched_off() -> None:
    (sensor,) = definitions().sensors or ()
    assert isinstance(sensor, dg.SensorDefinition)
    assert sensor.default_status is dg.DefaultSensorStatus.RUNNING


def test_it_asks_for_a_refresh_when_rows_have_landed(
    instance: dg.DagsterInstance, resource: WarehouseResource, settings: Settings
) -> None:
    assert "nothing has been ingested yet" in str(sensed(instance, resource, None))
    with open_warehouse(settings.warehouse):
        pass
    assert "nothing has landed" in str(sensed(instance, resource, None))
    quarantined(settings.warehouse, [encode(event()), b"oops"])
    result = sensed(instance, resource, None)
    assert len(result.run_requests) == 1
    assert result.cursor == "2"
    assert "nothing has landed" in str(sensed(instance, resource, "2"))
    quarantined(settings.warehouse, [b"oops"] * 3, partition=1)
    assert sensed(instance, resource, "2").cursor == "5"
    replay(settings.warehouse, lock_timeout=5)
    assert sensed(instance, resource, "5").cursor == "6", "what a replay brings out of quarantine has landed too"


def test_it_does_not_wait_for_the_lock(
    instance: dg.DagsterInstance, resource: WarehouseResource, settings: Settings
) -> None:
    quarantined(settings.warehouse, [b"oops"])
    with holder(settings.warehouse, 30) as other:
        started = datetime.now(UTC)
        assert "locked" in str(sensed(instance, resource, None))
        assert (datetime.now(UTC) - started).total_seconds() < 5
        other.kill()


def test_it_does_not_pile_up_refreshes(
    instance: dg.DagsterInstance, resource: WarehouseResource, settings: Settings
) -> None:
    quarantined(settings.warehouse, [b"oops"])
    job = definitions().resolve_job_def(refresh_job.name)
    run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    assert "under way" in str(sensed(instance, resource, None))
    instance.report_run_failed(run)
    assert sensed(instance, resource, None).cursor == "1"


def checked(resource: WarehouseResource) -> dg.AssetCheckEvaluation:
    job = definitions().resolve_job_def(refresh_job.name)
    key = dg.AssetCheckKey(dg.AssetKey(["raw", "events"]), "lag")
    with dg.DagsterInstance.ephemeral() as instance:
        done = job.get_subset(asset_check_selection={key}, asset_selection=set()).execute_in_process(
            instance=instance, resources={"warehouse": resource}
        )
        (evaluation,) = done.get_asset_check_evaluations()
    return evaluation


def test_the_lag_check_passes_with_a_note_where_there_is_no_broker(
    resource: WarehouseResource, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    quarantined(settings.warehouse, [b"oops"])
    for servers in (None, "127.0.0.1:1"):
        if servers:
            monkeypatch.setenv("CONSENT_KAFKA_BOOTSTRAP_SERVERS", servers)
            monkeypatch.setenv("CONSENT_KAFKA_TIMEOUT", "1")
        evaluation = checked(resource)
        assert evaluation.passed
        assert str(evaluation.metadata["note"].value).startswith("not looked at: ")


def test_the_lag_check_warns_where_too_many_records_wait(
    resource: WarehouseResource, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with broker_at_home(settings):
        for count in (8, 1):  # the embedded broker's end offset is short until another batch comes
            send_lines([encode(event())] * count, settings)
        with open_warehouse(settings.warehouse):
            pass
        assert checked(resource).passed
        monkeypatch.setenv("CONSENT_INGEST_LAG_LIMIT", "8")
        evaluation = checked(resource)
    assert not evaluation.passed
    assert evaluation.severity is dg.AssetCheckSeverity.WARN
    assert evaluation.metadata["rows"].value == 9


def test_a_refresh_runs_the_lag_and_the_freshness_check(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSENT_INGEST_LAG_LIMIT", "0")
    with broker_at_home(settings):
        for count in (2, 1):  # the embedded broker's end offset is short until another batch comes
            send_lines([encode(event())] * count, settings)
        done = refresh(settings)
    assert done.warnings["events.lag"] == 3
    assert done.warnings["meta.freshness"] == 1
