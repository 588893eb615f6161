"""Sensors: what starts a refresh besides the clock."""

from datetime import UTC, datetime, timedelta

import dagster as dg

from consent.errors import WarehouseError, WarehouseLocked
from consent.models import statement
from consent.warehouse import open_existing
from pipelines.resources import WarehouseResource

_LOCK_WAIT = 1.0
_GIVEN_UP = timedelta(hours=1)  # a run whose process was killed looks unfinished for ever
_UNFINISHED = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
    dg.DagsterRunStatus.CANCELING,
]


def landed_sensor(job_name: str) -> dg.SensorDefinition:
    """The sensor that asks for the job when rows have landed since the last time it did.

    Its cursor is the sum of the next offsets, plus what was replayed from quarantine. It takes the warehouse only for
    the moment of one small query; while another process writes, or a refresh is under way, it comes back later.
    """

    @dg.sensor(
        name="landed",
        job_name=job_name,
        minimum_interval_seconds=60,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Refreshes when rows have landed since it last did.",
    )
    def landed(context: dg.SensorEvaluationContext, warehouse: WarehouseResource) -> dg.SensorResult | dg.SkipReason:
        unfinished = dg.RunsFilter(job_name=job_name, statuses=_UNFINISHED, updated_after=datetime.now(UTC) - _GIVEN_UP)
        if context.instance.get_runs_count(unfinished):
            return dg.SkipReason("a refresh is under way")
        settings = warehouse.settings
        if not settings.warehouse.exists():
            return dg.SkipReason("nothing has been ingested yet")
        try:
            with open_existing(settings.warehouse, lock_timeout=min(_LOCK_WAIT, settings.lock_timeout)) as connection:
                now = str(connection.execute(statement("landing.landed").text).fetchall()[0][0])
        except WarehouseLocked:
            return dg.SkipReason("the warehouse is locked by another process")
        except WarehouseError as error:
            return dg.SkipReason(str(error))
        if now == (context.cursor or "0"):
            return dg.SkipReason("nothing has landed since the last refresh")
        return dg.SensorResult(run_requests=[dg.RunRequest()], cursor=now)

    return landed
