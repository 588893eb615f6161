"""Assets of the life of findings: answers are taken up before it is told, what was found is written down after."""

from datetime import timedelta

import dagster as dg

from consent.acknowledgements import read
from consent.finding_life import record, take_answers
from pipelines.finding_notice import tell
from pipelines.resources import RUN, WarehouseResource

ANSWERS = dg.AssetKey(["life", "answers"])
_TOLD_FOR = timedelta(days=1)


@dg.asset(key=ANSWERS, deps=[RUN], group_name="findings", description="Who answered which finding, until when and why.")
def answers(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Take up the journal of acknowledgements."""
    made = read(warehouse.settings)
    with warehouse.open_for(context) as connection:
        return dg.MaterializeResult(metadata={"answers": take_answers(connection, made)})


@dg.asset(
    key=dg.AssetKey(["life", "written"]),
    deps=[dg.AssetKey(["marts", "findings"])],
    group_name="findings",
    description="What this refresh found, written down where it differs from the last.",
)
def observed(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Write down what was found."""
    with warehouse.open_for(context) as connection:
        return dg.MaterializeResult(metadata={"written": record(connection)})


@dg.asset(
    key=dg.AssetKey(["life", "told"]),
    deps=[dg.AssetKey(["published", "snapshot"])],
    group_name="findings",
    description="New and reopened findings, high and critical, to the targets of CONSENT_NOTIFY_URLS, once.",
)
def findings_told(warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Tell of what is new."""
    return dg.MaterializeResult(metadata={"messages": tell(warehouse.settings, since=_TOLD_FOR)})
