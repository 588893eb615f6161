"""Snowplow's enhanced consent events: consent_preferences and cmp_visible, bare or within an enriched event.

Source: Snowplow's documentation of consent events and their Iglu schemas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ingestion.adapters.native import Event, Native, NotUnderstood, all_categories, moment, region

TITLE = "Snowplow"
MAPS = (
    "cmp_visible → impression. consent_preferences: allow_all, allow_selected, deny_all, withdrawn → decision;"
    " implicit_consent → decision, implied; pending and expired → nothing, since nobody chose. From the enriched"
    " event: `domain_userid` → subject, `app_id` → site, `derived_tstamp`, `geo_country`, `geo_region`, `event_id`"
)
CANNOT_KNOW = (
    "the scopes that were denied in allow_selected, unless declared with `--categories`; of a bare event the subject"
    " and the time; dismissals"
)
_PREFIX = "unstruct_event_com_snowplowanalytics_snowplow_"
_NOBODY_CHOSE = {"pending", "expired"}


def events(native: Native) -> list[Event]:
    """One event, or none where nobody chose."""
    payload = native.mapping
    name, data = _event(payload)
    common: dict[str, Any] = {
        "subject": _text(payload, "domain_userid"),
        "at": moment(_text(payload, "derived_tstamp") or _text(payload, "collector_tstamp")),
        "site": _text(payload, "app_id"),
        "region": native.told.region or region(_text(payload, "geo_country"), _text(payload, "geo_region")),
    }
    identity = (payload["event_id"],) if _text(payload, "event_id") else ()
    if name == "cmp_visible":
        return [native.event("impression", "snowplow", identity=identity, **common)]
    kind, scopes = data.get("eventType"), data.get("consentScopes")
    common["policy_version"] = native.told.policy_version or _text(data, "consentVersion")
    if kind in _NOBODY_CHOSE:
        return []
    if kind in ("deny_all", "withdrawn"):
        action = "reject_all" if kind == "deny_all" else "withdraw"
        categories = all_categories(granted=False)
        return [native.decision("snowplow", categories, action=action, identity=identity, **common)]
    if kind not in ("allow_all", "allow_selected", "implicit_consent"):
        raise NotUnderstood("not_allowed eventType: expected one of Snowplow's consent event types")
    if not isinstance(scopes, list) or not scopes:
        raise NotUnderstood("missing consentScopes: expected the scopes that were allowed")
    method = "implied" if kind == "implicit_consent" else None
    action = {"allow_all": "accept_all", "allow_selected": "save"}.get(str(kind), "save")
    granted = dict.fromkeys(map(str, scopes), True)
    return [native.decision("snowplow", granted, action=action, method=method, identity=identity, **common)]


def _event(payload: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    for name in ("consent_preferences", "cmp_visible"):
        if name in str(payload.get("schema", "")) and isinstance(payload.get("data"), dict):
            return name, payload["data"]
        for key, value in payload.items():
            if key.startswith(f"{_PREFIX}{name}") and isinstance(value, dict):
                return name, value
    raise NotUnderstood("not_allowed schema: expected consent_preferences or cmp_visible of com.snowplowanalytics")


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    return value if isinstance(value := fields.get(name), str) and value else None
