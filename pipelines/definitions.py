"""What Dagster sees: assets, their checks, the refresh job and what starts it."""

import dagster as dg

from pipelines.alerts import alerts, told
from pipelines.assets import asset_key, changed, model_assets, policies, raw_specs, run, snapshot
from pipelines.findings_assets import answers, findings_told, observed
from pipelines.lag_check import lag_check
from pipelines.proof_asset import proof_asset
from pipelines.purge_job import nightly_purge, purge_job
from pipelines.report_schedules import report_schedules, reports_job
from pipelines.resources import WarehouseResource
from pipelines.sensors import landed_sensor

refresh_job = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all() | dg.AssetSelection.all_asset_checks(),
    description="Rebuild what changed as of now (or as_of), check it, publish the snapshot.",
    executor_def=dg.in_process_executor,
)

hourly_refresh = dg.ScheduleDefinition(
    name="hourly_refresh",
    job=refresh_job,
    cron_schedule="5 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Five past every hour, as of now.",
)


@dg.definitions
def definitions() -> dg.Definitions:
    """Everything, for `dagster dev` and for `consent refresh`."""
    return dg.Definitions(
        assets=[
            *raw_specs,
            policies,
            run,
            changed,
            *model_assets(),
            alerts,
            snapshot,
            answers,
            observed,
            findings_told,
            told,
            proof_asset(asset_key("raw.events")),
        ],
        asset_checks=[lag_check(asset_key("raw.events"))],
        jobs=[refresh_job, reports_job, purge_job],
        schedules=[hourly_refresh, *report_schedules(), nightly_purge],
        sensors=[landed_sensor(refresh_job.name)],
        resources={"warehouse": WarehouseResource()},
        executor=dg.in_process_executor,
    )
