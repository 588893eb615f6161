"""Alerts: what of the daily numbers is not as it should be, and what moved it. From the daily marts alone.

Only days that are over are judged, and of those the last six weeks; each alert is given once, from its first day to
its last, for four weeks after that. The same marts give the same alerts, so a refresh can be repeated.
"""

from __future__ import annotations

from datetime import date, timedelta

import duckdb

from consent.alerts.alert import Alert
from consent.alerts.counts import category_always_true, choices_exceed_impressions, vanished_and_silent
from consent.alerts.rates import rate_drops
from consent.metrics import Metrics

__all__ = ["JUDGED", "SHOWN", "Alert", "find"]

JUDGED = 42  # days; no drop stands out for longer: by then it is what the weeks before let expect
SHOWN = 28  # days after its last for an alert to be listed


def find(connection: duckdb.DuckDBPyConnection, registry: Metrics, last: date, *, schema: str = "marts") -> list[Alert]:
    """Every alert as of the end of `last`, from `prompts_daily` and `opt_in_daily` of a schema; newest first."""
    found = [
        *(
            alert
            for metric in registry
            if metric.watch
            for alert in rate_drops(connection, metric, last, JUDGED, schema)
        ),
        *vanished_and_silent(connection, last, JUDGED, schema),
        *choices_exceed_impressions(connection, last, schema),
        *category_always_true(connection, last, schema),
    ]
    listed = [alert for alert in found if alert.last_seen > last - timedelta(days=SHOWN)]
    return sorted(listed, key=lambda alert: (-alert.first_seen.toordinal(), alert.subject))
