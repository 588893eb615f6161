"""The check that looks past the warehouse: how many records wait in Kafka."""

import dagster as dg

from consent.errors import ConsentError
from ingestion.cluster import describe_cluster, lag_of
from pipelines.resources import WarehouseResource


def lag_check(events: dg.AssetKey) -> dg.AssetChecksDefinition:
    """The check `lag` of the landed events: fails (WARN) where more than `CONSENT_INGEST_LAG_LIMIT` records wait.

    Passes with a note where no broker is configured or reachable: a refresh must not depend on one.
    """

    @dg.asset_check(asset=events, name="lag", description="few enough records wait in Kafka to be ingested")
    def lag(warehouse: WarehouseResource) -> dg.AssetCheckResult:
        settings = warehouse.settings
        try:
            cluster = describe_cluster(settings)
        except ConsentError as error:
            return dg.AssetCheckResult(
                passed=True,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"note": f"not looked at: {error}", "rows": 0},
            )
        with warehouse.open() as connection:
            by_partition = lag_of(connection, cluster)
        waiting = sum(by_partition.values())
        return dg.AssetCheckResult(
            passed=waiting <= settings.ingest_lag_limit,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"rows": waiting, "limit": settings.ingest_lag_limit, "by_partition": by_partition},
        )

    return lag
