"""Google Consent Mode: the arguments of gtag('consent', 'default' | 'update', {…}).

Source: Google's developer documentation of consent mode, version 2.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingestion.adapters.native import Event, Native, NotUnderstood

TITLE = "Google Consent Mode"
MAPS = (
    "ad_storage, ad_user_data and ad_personalization → marketing (granted only if all are), analytics_storage →"
    " performance, functionality_storage and personalization_storage → functionality, security_storage → necessary;"
    " all of it kept in signals.gcm. update → replay, unless `--kind decision` is told; default → replay, implied,"
    " where it grants anything, else nothing"
)
CANNOT_KNOW = (
    "the subject, the time, and whether an update is a choice or the state of an earlier one; impressions and"
    " dismissals"
)
TYPES = {
    "ad_storage": "marketing",
    "ad_user_data": "marketing",
    "ad_personalization": "marketing",
    "analytics_storage": "performance",
    "functionality_storage": "functionality",
    "personalization_storage": "functionality",
    "security_storage": "necessary",
}


def events(native: Native) -> list[Event]:
    """One event, or none for a default that grants nothing."""
    command, states = _arguments(native.value)
    given = {name: state for name, state in states.items() if name in TYPES}
    if not given or any(state not in ("granted", "denied") for state in given.values()):
        raise NotUnderstood("wrong_type consent: expected consent types that are granted or denied")
    categories: dict[str, bool] = {}
    for name, state in given.items():
        categories[TYPES[name]] = categories.get(TYPES[name], True) and state == "granted"
    signals = {"gcm": dict(given)}
    if command == "default":
        grants = any(granted for name, granted in categories.items() if name != "necessary")
        return [native.replay("consent_mode", categories, method="implied", signals=signals)] if grants else []
    if native.told.kind == "decision":
        return [native.decision("consent_mode", categories, signals=signals, identity=(native.told.occurred_at,))]
    return [native.replay("consent_mode", categories, signals=signals)]


def _arguments(value: Any) -> tuple[str, Mapping[str, Any]]:
    """`["consent", command, states]`, `{"command": …, "consent": {…}}`, or the states of an update alone."""
    if isinstance(value, list):
        if len(value) != 3 or value[0] != "consent":
            raise NotUnderstood('bad_format consent: expected ["consent", "default" or "update", {…}]')
        value = {"command": value[1], "consent": value[2]}
    if not isinstance(value, dict):
        raise NotUnderstood("wrong_type payload: expected the arguments of gtag('consent', …)")
    states = value.get("consent", value)
    command = value.get("command", "update")
    if command not in ("default", "update") or not isinstance(states, dict):
        raise NotUnderstood("not_allowed command: expected default or update, with an object of consent types")
    return command, states
