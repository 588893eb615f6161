"""Alerts in the refresh: judging the daily marts, and telling people once the snapshot is out."""

import contextlib
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import dagster as dg

from consent.alerts import find
from consent.metrics import Metrics
from consent.settings import Settings
from consent.tables import TABLES
from consent.warehouse import open_snapshot, transaction
from pipelines.assets import POLICIES, SNAPSHOT, asset_key
from pipelines.notifications import Notified, notify
from pipelines.resources import RUN, WarehouseResource

_FRESH = timedelta(days=2)  # of the as-of time: a snapshot of the past tells nobody anything
_COLUMNS = ("kind", "site", "metric", "category", "dimension", "segment", "message", "link")


@dg.asset(
    key=["staging", "alerts"],
    deps=[RUN, POLICIES, asset_key("marts.prompts_daily"), asset_key("marts.opt_in_daily")],
    group_name="staging",
    kinds={"duckdb", "python"},
    description="What of the daily numbers is not as it should be: consent/alerts.",
)
def alerts(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Judge the last days that are over."""
    registry = Metrics.load(warehouse.settings.policies)
    with warehouse.open_for(context) as connection:
        [(as_of,)] = connection.execute("select as_of from staging.run").fetchall()
        found = find(connection, registry, as_of.date() - timedelta(days=1))
        with transaction(connection):
            connection.execute("delete from staging.alerts")
            marks = ", ".join("?" * len(TABLES["staging.alerts"]))
            for alert in found:
                connection.execute(f"insert into staging.alerts values ({marks})", alert.row())  # noqa: S608
    return dg.MaterializeResult(metadata={"dagster/row_count": len(found)})


@dg.asset(
    key=["published", "alerts"],
    deps=[SNAPSHOT],
    group_name="published",
    description="Tells the targets of CONSENT_NOTIFY_URLS of new alerts, each once.",
)
def told(warehouse: WarehouseResource) -> dg.MaterializeResult:  # type: ignore[type-arg]
    """Send what is new; a target that cannot be reached fails nothing."""
    sent = tell(warehouse.settings)
    return dg.MaterializeResult(metadata={"messages": len(sent), "failed": sum(bool(one.failed) for one in sent)})


def tell(settings: Settings, now: datetime | None = None) -> list[Notified]:
    """One message for each site, kind and first day of the published alerts that are open and new.

    New means begun within the quiet period, so that an old one is not told again when that period ends.
    """
    if not settings.notify_urls:
        return []
    moment = (now or datetime.now(UTC)).astimezone(UTC).replace(tzinfo=None)
    quiet = timedelta(days=settings.notify_quiet_days)
    with contextlib.closing(open_snapshot(settings.snapshot)) as connection:
        rows = connection.execute(
            f"select first_seen, {', '.join(_COLUMNS)} from alerts, meta "  # noqa: S608
            "where status = 'open' and as_of >= ? and first_seen >= ? order by all",
            [moment - _FRESH, (moment - quiet - _FRESH).date()],
        ).fetchall()
    sent = []
    for (kind, site, _first), group in groupby(
        sorted(rows, key=lambda row: (row[1], row[2], row[0])), key=lambda row: (row[1], row[2], row[0])
    ):
        listed = [dict(zip(_COLUMNS, row[1:], strict=True)) for row in group]
        sent.append(_tell(settings, kind, site, listed, quiet))
    return sent


def _tell(settings: Settings, kind: str, site: str, listed: Sequence[dict[str, Any]], quiet: timedelta) -> Notified:
    subjects = sorted("|".join(one[name] for name in _COLUMNS[2:6]) for one in listed)
    mark = hashlib.sha256("\n".join(subjects).encode()).hexdigest()[:12]
    paragraphs = [
        one["message"] + (f"\n{settings.dashboard_url}{one['link']}" if settings.dashboard_url else "")
        for one in listed
    ]
    title = f"{site}: {kind.replace('_', ' ')}" + (f" ({len(listed)})" if len(listed) > 1 else "")
    return notify(settings, key=f"alert:{kind}:{site}:{mark}", title=title, body="\n\n".join(paragraphs), quiet=quiet)
