"""Dagster: the reports of policies/reports.yaml, weekly and monthly."""

from typing import Literal, cast

import dagster as dg

from dashboards.reports.period import Cadence
from pipelines.reporting import mail_reports
from pipelines.resources import WarehouseResource

_CRON = {"weekly": "0 6 * * 1", "monthly": "0 6 1 * *"}


class ReportsConfig(dg.Config):
    """Which reports, and for which period; empty: the last whole one."""

    cadence: str = "weekly"
    period: str = ""


@dg.op(description="Mail the reports of one cadence to those that policies/reports.yaml names, each once for a period.")
def mail_subscribed(context: dg.OpExecutionContext, config: ReportsConfig, warehouse: WarehouseResource) -> None:
    """Mail them; a mail that could not be sent fails the run, after all others were tried."""
    mailed = mail_reports(warehouse.settings, cadence=cast("Cadence", config.cadence), period=config.period or None)
    context.log.info(f"{len(mailed.sent)} sent, {len(mailed.known)} sent before")
    if mailed.problems:
        raise dg.Failure(f"{len(mailed.problems)} not sent", metadata={"problems": "\n".join(mailed.problems)})


@dg.job(name="reports", description="Mail weekly or monthly reports.", executor_def=dg.in_process_executor)
def reports_job() -> None:
    """One step."""
    mail_subscribed()


def report_schedules() -> list[dg.ScheduleDefinition]:
    """Mondays and the first of a month, at six, UTC; on by default, and quiet where nobody subscribed."""
    return [_schedule("weekly"), _schedule("monthly")]


def _schedule(cadence: Literal["weekly", "monthly"]) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=f"{cadence}_reports",
        job=reports_job,
        cron_schedule=_CRON[cadence],
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        run_config=dg.RunConfig(ops={"mail_subscribed": ReportsConfig(cadence=cadence)}),
        description=f"The {cadence} reports of policies/reports.yaml.",
    )
