"""The asset of the proof: each refresh seals what has landed since the last."""

import dagster as dg

from consent.proof import seal
from consent.signing import SigningKey
from pipelines.resources import WarehouseResource


def proof_asset(events: dg.AssetKey) -> dg.AssetsDefinition:
    """The asset that seals the decisions among `events`."""

    @dg.asset(
        key=dg.AssetKey(["proof", "blocks"]),
        deps=[events],
        group_name="proof",
        kinds={"duckdb"},
        description="Each site's chain of blocks over its decisions: Merkle roots, hashes, signatures (docs/proof.md).",
    )
    def blocks(warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
        key = SigningKey.configured(warehouse.settings)
        with warehouse.open() as connection:
            sealed = seal(connection, key)
        return dg.MaterializeResult(metadata={"decisions": sealed.decisions, "blocks": sealed.blocks})

    return blocks
