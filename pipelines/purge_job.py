"""Dagster: the nightly purge."""

import dagster as dg

from pipelines.resources import WarehouseResource


@dg.op(description="Remove what the policies' retention says is to be gone; proof stays until its period has ended.")
def remove_due(context: dg.OpExecutionContext, warehouse: WarehouseResource) -> None:
    """Purge, as `consent purge` does."""
    from pipelines.purging import purge_everywhere  # noqa: PLC0415  it refreshes, and so needs these definitions

    for one in purge_everywhere(warehouse.settings):
        verb = "refused" if one.refused else "removed"
        context.log.info(f"{one.relation}: {one.records} {verb}, {one.first_day} to {one.last_day}, by {one.rule}")


@dg.job(name="purge", description="Retention, kept by the store itself.", executor_def=dg.in_process_executor)
def purge_job() -> None:
    """One step."""
    remove_due()


nightly_purge = dg.ScheduleDefinition(
    name="nightly_purge",
    job=purge_job,
    cron_schedule="30 2 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Half past two, UTC.",
)
