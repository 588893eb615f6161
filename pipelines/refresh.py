"""Refreshing: the Dagster job in this process, its run kept in the home's Dagster history."""

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from consent.errors import ConsentError, RefreshFailed
from consent.garbage import fewer_collections
from consent.settings import Settings
from pipelines.assets import RunConfig
from pipelines.definitions import definitions, refresh_job
from pipelines.resources import RUN, WarehouseResource


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did: rows by relation, and the checks that did not pass (name → rows)."""

    as_of: datetime
    rows: dict[str, int]
    warnings: dict[str, int]


def prepare_dagster_home(settings: Settings) -> Path:
    """Make `<home>/dagster` with the shipped dagster.yaml, and point DAGSTER_HOME and CONSENT_HOME there."""
    folder = settings.dagster_home.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(Path(__file__).with_name("dagster.yaml"), folder / "dagster.yaml")
    except OSError as error:
        raise ConsentError(f"{folder}: cannot write: {error.strerror}") from None
    os.environ["DAGSTER_HOME"] = str(folder)
    os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"
    return folder


def refresh(settings: Settings, *, as_of: datetime | None = None, full: bool = False) -> Refreshed:
    """Run the refresh job as of a time (aware; None: now), `full`: on every day, whether it changed or not.

    Raises RefreshFailed, naming the first step that failed.
    """
    prepare_dagster_home(settings)
    moment = as_of or datetime.now(UTC)
    job = definitions().resolve_job_def(refresh_job.name)
    config = dg.RunConfig(
        ops={RUN.to_python_identifier(): RunConfig(as_of=moment.isoformat(), full=full)},
        loggers={"console": {"config": {"log_level": "CRITICAL"}}},  # the outcome is returned; details are in the UI
    )
    warehouse = WarehouseResource(home=str(settings.home), policies=str(settings.policies))
    with fewer_collections(), dg.DagsterInstance.get() as instance:
        result = job.execute_in_process(
            run_config=config, instance=instance, raise_on_error=False, resources={"warehouse": warehouse}
        )
    if not result.success:
        raise RefreshFailed(_first_failure(result))
    return Refreshed(
        moment,
        {
            event.asset_key.path[-1]: _count(rows)
            for event in result.get_asset_materialization_events()
            if event.asset_key and (rows := event.materialization.metadata.get("dagster/row_count"))
        },
        {
            f"{check.asset_key.path[-1]}.{check.check_name}": _count(check.metadata["rows"])
            for check in result.get_asset_check_evaluations()
            if not check.passed
        },
    )


def _count(value: dg.MetadataValue) -> int:
    return int(str(value.value))


def _first_failure(result: dg.ExecuteInProcessResult) -> str:
    """One line on the step that failed; the cause that a user can mend, where there is one."""
    for event in result.filter_events(lambda event: event.is_step_failure):
        error = event.step_failure_data.error
        while error and error.cause:
            error = error.cause
        if error:
            return f"{event.step_key}: {error.message.strip()}"
    failed = [check for check in result.get_asset_check_evaluations() if not check.passed and check.blocking]
    return "; ".join(
        f"check {check.check_name} of {'.'.join(check.asset_key.path)} failed: {check.metadata['rows'].value} rows"
        for check in failed
    )
