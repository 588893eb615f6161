"""Alerts: numbers that moved more than they should, and what moved them."""

from __future__ import annotations

import json
from typing import Any

from consent.alert_message import message
from consent.metrics import Metrics
from consent.settings import Settings
from dashboards import filters
from dashboards.i18n import translated
from dashboards.page import Asked, Built, Choices, Page
from dashboards.queries import Row, Snapshot
from dashboards.spoken import SPOKEN

KINDS = (
    "rate_drop",
    "impressions_vanished",
    "choices_exceed_impressions",
    "category_always_true",
    "segment_silent",
)


def drivers(text: str | None) -> list[dict[str, Any]]:
    """The `drivers` column, a JSON list of (dimension, value, mix_effect, rate_effect), the strongest first."""
    try:
        entries = json.loads(text or "[]")
    except ValueError:
        return []
    whole = [one for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    return sorted(whole, key=lambda one: -abs((one.get("mix_effect") or 0) + (one.get("rate_effect") or 0)))[:5]


def _build(asked: Asked) -> Built:
    registry = Metrics.load(asked.settings.policies)
    rows = [_told(row, registry) for row in asked.snapshot.rows("alerts", asked.filters.parameters())]
    return Built({"rows": rows, "lasting": sum(row["status"] == "open" for row in rows)})


def _told(row: Row, registry: Metrics) -> Row:
    """The alert with its drivers, and what it says in the current language; of an unknown kind, as it was written."""
    moved = drivers(row["drivers"])
    title = registry.metrics[row["metric"]].title if row["metric"] in registry.metrics else row["metric"]
    said = message(row, translated(title), moved, SPOKEN)
    return {**row, "drivers": moved, "message": said or row["message"]}


def _choices(_snapshot: Snapshot, _settings: Settings) -> Choices:
    return {"kind": KINDS, "status": ("open", "over")}


PAGE = Page("alerts", "/alerts", filters.ALERTS, _build, needs=("alerts",), choices=_choices)
