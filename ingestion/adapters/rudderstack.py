"""RudderStack: the consentManagement object in an event's context.

Source: RudderStack's documentation of the consent object.
"""

from __future__ import annotations

from ingestion.adapters.native import Event, Native, NotUnderstood
from ingestion.adapters.onetrust import GROUPS
from ingestion.adapters.segment import frame, nested

TITLE = "RudderStack"
MAPS = (
    "`context.consentManagement`: allowedConsentIds → granted, deniedConsentIds → denied (OneTrust's ids by OneTrust's"
    " table where that is the provider) → replay, or decision for the SDK's Consent Management Interaction;"
    " the frame as Segment's"
)
CANNOT_KNOW = "impressions and dismissals; categories that neither list names; a `userId` or traits are never read"
DECISION = "Consent Management Interaction"


def events(native: Native) -> list[Event]:
    """One decision or replay."""
    payload = native.mapping
    consent = nested(payload, "context", "consentManagement")
    if not isinstance(consent, dict):
        raise NotUnderstood("missing context.consentManagement: expected an object")
    names = GROUPS if consent.get("provider") == "oneTrust" else {}
    categories: dict[str, bool] = {}
    for field, granted in (("allowedConsentIds", True), ("deniedConsentIds", False)):
        ids = consent.get(field, [])
        if not isinstance(ids, list):
            raise NotUnderstood(f"wrong_type context.consentManagement.{field}: expected a list")
        categories |= {names.get(str(name), str(name)): granted for name in ids}
    if not categories:
        raise NotUnderstood("missing context.consentManagement.allowedConsentIds: expected at least one id")
    if payload.get("event") == DECISION:
        return [native.decision("rudderstack", categories, **frame(native, payload))]
    return [native.replay("rudderstack", categories, **frame(native, payload))]
