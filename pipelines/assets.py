"""Assets: one for each model in `sql/`, and those that feed the models or publish them."""

from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from consent.build import build, library_of, repeated_grains, violations
from consent.changes import begin, claim, finish, mark
from consent.models import Statement, all_models, statements
from consent.policies import Registry
from pipelines.checks import checks_of
from pipelines.publish import publish
from pipelines.resources import RUN, WarehouseResource

POLICIES = dg.AssetKey(["policy", "registry"])
CHANGES = dg.AssetKey(["changed", "events"])
SNAPSHOT = dg.AssetKey(["published", "snapshot"])


class RunConfig(dg.Config):
    """What a refresh may be told; `as_of` is an RFC 3339 time, empty for now; `full` rebuilds every day."""

    as_of: str = ""
    full: bool = False


def asset_key(relation: str) -> dg.AssetKey:
    """The asset of a relation; every `policy.*` table is part of one asset."""
    schema, _, name = relation.partition(".")
    if schema == "policy":
        return POLICIES
    return dg.AssetKey([schema, name])


raw_specs = [
    dg.AssetSpec(["raw", "events"], group_name="raw", description="Accepted events, as `consent ingest` landed them."),
    dg.AssetSpec(["raw", "quarantine"], group_name="raw", description="Records set aside whole, with their reason."),
    dg.AssetSpec(["raw", "offset_gaps"], group_name="raw", description="Offsets Kafka deleted before they were read."),
    dg.AssetSpec(["raw", "restrictions"], group_name="raw", description="Subjects whose data may only be stored."),
]


@dg.asset(
    key=POLICIES, deps=[RUN], group_name="policy", description="Sites, jurisdictions, categories, rules: policies/."
)
def policies(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Load the policy files into the warehouse."""
    registry = Registry.load(warehouse.settings.policies)
    with warehouse.open_for(context) as connection:
        registry.write(connection)
    return dg.MaterializeResult(
        metadata={"sites": len(registry.sites), "rules": len(registry.rules), "fingerprint": registry.fingerprint}
    )


@dg.asset(key=RUN, group_name="staging", description="The as-of time that every model of this run uses.")
def run(context: dg.AssetExecutionContext, config: RunConfig, warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Fix the as-of time."""
    as_of = datetime.fromisoformat(config.as_of) if config.as_of else datetime.now(UTC)
    with warehouse.open() as connection:
        claim(connection, as_of.astimezone(UTC).replace(tzinfo=None), run_id=context.run.run_id)
        if config.full:
            mark(connection, None)
    return dg.MaterializeResult(metadata={"as_of": as_of.isoformat()})


@dg.asset(
    key=CHANGES,
    deps=[RUN, POLICIES, *(spec.key for spec in raw_specs)],
    group_name="staging",
    description="What is to be judged again: records, days and subjects that changed since the last refresh.",
)
def changed(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Work out what changed."""
    with warehouse.open_for(context) as connection:
        is_full = begin(connection)
        [(records,)] = connection.execute("select count(*) from changed.events").fetchall()
    return dg.MaterializeResult(metadata={"full": is_full, "records": records})


def _reads(model: Statement) -> list[dg.AssetKey]:
    """What a model is built after; where it reads the hits of rules, after every rule."""
    hits = {asset_key(rule.relation) for rule in statements("rules")} if "rules.hits" in model.reads else set()
    return sorted({asset_key(relation) for relation in model.reads - {"rules.hits"}} | {RUN, CHANGES} | hits)


def _spec(model: Statement) -> dg.AssetSpec:
    return dg.AssetSpec(
        asset_key(model.relation),
        deps=_reads(model),
        group_name=model.folder,
        kinds={"duckdb", "sql"},
        description=f"{model.title}\n\n{model.notes}",
        owners=[f"team:{model.owner.replace(' ', '-')}"] if model.owner else None,
        metadata={"grain": ", ".join(model.grain), "sql": dg.MetadataValue.md(f"```sql\n{model.text}\n```")},
    )


def _model_asset(model: Statement) -> dg.AssetsDefinition:
    """A model in a step of its own: where a check that blocks fails, nothing after it is built."""
    spec, checks = _spec(model), checks_of(model)

    @dg.multi_asset(
        name=spec.key.to_python_identifier(), specs=[spec], check_specs=[check.spec(spec.key) for check in checks]
    )
    def model_asset(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        if model.python:
            library_of(model)  # now, while the warehouse is free
        with warehouse.open_for(context) as connection:
            rows = build(connection, model)
            results = [
                check.result(
                    spec.key,
                    repeated_grains(connection, model)
                    if check.statement is None
                    else violations(connection, check.statement),
                )
                for check in checks
            ]
        metadata = {} if rows is None else {"dagster/row_count": rows}
        yield dg.MaterializeResult(asset_key=spec.key, metadata=metadata, check_results=results)

    return model_asset


def _rule_assets() -> dg.AssetsDefinition:
    """Every rule in one step, each an asset: a step costs more than most of them do, and none reads another.

    The file is free between two of them for who waits (consent/turn.py).
    """
    rules = {asset_key(rule.relation): rule for rule in statements("rules")}

    @dg.multi_asset(name="rules", specs=[_spec(rule) for rule in rules.values()], can_subset=True)
    def rule_assets(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
        for key, rule in rules.items():
            if key in context.selected_asset_keys:
                with warehouse.open_for(context) as connection:
                    rows = build(connection, rule)
                yield dg.MaterializeResult(asset_key=key, metadata={"dagster/row_count": rows})

    return rule_assets


def model_assets() -> list[dg.AssetsDefinition]:
    """One asset per model."""
    return [*(_model_asset(model) for model in all_models() if model.folder != "rules"), _rule_assets()]


@dg.asset(
    key=SNAPSHOT,
    deps=[asset_key(mart.relation) for mart in statements("marts")],
    group_name="published",
    description="The small read-only file that dashboards, reports and exports read, swapped in one rename.",
)
def snapshot(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Publish every mart."""
    with warehouse.open_for(context) as connection:
        published = publish(connection, warehouse.settings)
        finish(connection)
    return dg.MaterializeResult(
        metadata={
            "path": dg.MetadataValue.path(published.path),
            "relations": published.relations,
            "bytes": published.size,
        }
    )
