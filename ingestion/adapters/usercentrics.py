"""Usercentrics: events of its banner (UC_UI_CMP_EVENT), consent_status of its data layer, and its CSV history.

Source: Usercentrics' documentation of browser UI events, of the data layer, and of the consent history export.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingestion.adapters.native import Event, Native, NotUnderstood, all_categories, moment

TITLE = "Usercentrics"
MAPS = (
    "UC_UI_CMP_EVENT: CMP_SHOWN on the first layer → impression, elsewhere → reopen; ACCEPT_ALL, DENY_ALL → decision"
    " on all canonical categories. consent_status: `ucCategory` → decision, or replay at onInitialPageLoad; a category"
    " that is null (mixed) counts as denied. CSV history: the rows of one controller and time → one decision, services"
    " to categories by `--category SERVICE=CATEGORY`"
)
CANNOT_KNOW = (
    "the categories of a SAVE in UC_UI_CMP_EVENT (rejected; send consent_status); the subject and time of both events;"
    " the categories of services that nothing names"
)
CSV_COLUMNS = frozenset({"controller id", "data processing service id", "consent given"})
CSV_GROUP = ("controller id", "timestamp")
_LAYERS = {"FIRST_LAYER": "first", "SECOND_LAYER": "second"}
_ALL = {"onAcceptAllServices": True, "onDenyAllServices": False}
_REPLAYS = {"onInitialPageLoad", "onSessionRestored"}


def events(native: Native) -> list[Event]:
    """One event from an event of the banner, of the data layer, or from the rows of one choice."""
    if isinstance(native.value, list):
        return [_from_history(native, native.value)]
    payload = native.mapping
    if payload.get("event") == "consent_status":
        return [_from_status(native, payload)]
    detail = payload.get("detail", payload)
    if isinstance(detail, dict) and "type" in detail:
        return [_from_banner(native, detail)]
    raise NotUnderstood("not_allowed event: expected consent_status, or the detail of a UC_UI_CMP_EVENT")


def _from_banner(native: Native, detail: Mapping[str, Any]) -> Event:
    layer, kind = _LAYERS.get(str(detail.get("source"))), detail["type"]
    banner = {"layer": layer} if layer else {}
    if kind == "CMP_SHOWN":
        return native.event("impression" if layer == "first" else "reopen", "usercentrics", banner=banner)
    if kind in ("ACCEPT_ALL", "DENY_ALL"):
        surface = "banner" if layer == "first" else "preferences"
        categories = all_categories(granted=kind == "ACCEPT_ALL")
        return native.decision("usercentrics", categories, surface=surface, banner=banner)
    raise NotUnderstood("not_allowed type: expected CMP_SHOWN, ACCEPT_ALL or DENY_ALL; others tell no categories")


def _from_status(native: Native, payload: Mapping[str, Any]) -> Event:
    answers, action = payload.get("ucCategory"), payload.get("action")
    if not isinstance(answers, dict) or any(value not in (True, False, None) for value in answers.values()):
        raise NotUnderstood("wrong_type ucCategory: expected an object of true, false or null")
    categories = {str(name): value is True for name, value in answers.items()}
    method = "implied" if payload.get("type") == "IMPLICIT" else None
    if action in _REPLAYS or native.told.kind == "replay":
        return native.replay("usercentrics", categories, method=method)
    return native.decision("usercentrics", categories, method=method)


def _from_history(native: Native, rows: list[Mapping[str, str]]) -> Event:
    first = rows[0]
    if not first.keys() >= CSV_COLUMNS:
        raise NotUnderstood("missing controller id: expected rows of Usercentrics' consent history")
    action = first.get("consent action", "")
    given = {row["data processing service id"]: row["consent given"].strip().lower() in ("true", "1") for row in rows}
    services = {name: granted for name, granted in given.items() if name in native.told.names}
    if not services and action not in _ALL:
        raise NotUnderstood("missing category: none is told for these services; use --category SERVICE=CATEGORY")
    categories = services or all_categories(granted=_ALL[action])
    version = first.get("cmp configuration version", "")
    common: dict[str, Any] = {
        "subject": first["controller id"],
        "at": moment(first.get("timestamp")),
        "banner": {"id": first.get("cmp configuration id", "")} | ({"version": version} if version else {}),
        "signals": {"tc_string": string} if (string := first.get("consent string", "")).startswith("C") else {},
    }
    if action in _REPLAYS:
        return native.replay("usercentrics", categories, **common)
    return native.decision("usercentrics", categories, **common)
