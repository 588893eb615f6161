"""Consent receipts in the shape of ISO/IEC TS 27560:2023, with the terms of the W3C Data Privacy Vocabulary (DPV 2).

One receipt for each decision. What the site's policy does not say is left out; nothing is made up. The field names are
those of the standard's record (header, PII processing, parties, events) in JSON-LD, as the DPV community group's guide
to 27560 maps them. It is the shape of a receipt, not a certified implementation.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid5

from consent.dossier import Dossier, Row
from consent.policies import Registry
from consent.site_models import Site

_CONTEXT = {
    "dpv": "https://w3id.org/dpv#",
    "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
    "dct": "http://purl.org/dc/terms/",
}
_NAMESPACE = UUID("5d2f1f4e-6d0a-5a3e-9b57-0f4c3a9a7e10")  # ids of receipts follow from those of decisions
_PURPOSES = {
    "necessary": "dpv:TechnicalServiceProvision",
    "functionality": "dpv:ServicePersonalisation",
    "performance": "dpv:ServiceUsageAnalytics",
    "marketing": "dpv:Marketing",
}
_METHODS = {
    "explicit": "dpv:ExplicitlyExpressedConsent",
    "implied": "dpv:ImpliedConsent",
    "signal": "dpv:ExpressedConsent",
}


def receipts(dossier: Dossier, registry: Registry) -> dict[str, Any]:
    """The receipts of a person's decisions, oldest first, as one JSON-LD document."""
    until = {one["site"]: one.get("valid_until") for one in dossier.current}
    latest = {decision["site"]: decision["event_id"] for decision in dossier.decisions}
    return {
        "@context": _CONTEXT,
        "receipts": [
            _receipt(
                decision,
                registry,
                until.get(decision["site"]) if latest[decision["site"]] == decision["event_id"] else None,
            )
            for decision in dossier.decisions
        ],
    }


def _receipt(decision: Row, registry: Registry, valid_until: str | None) -> dict[str, Any]:
    site = registry.sites.get(decision["site"])
    meaning = registry.meaning(site) if site else registry.categories.meaning
    return {
        "@type": "dpv:ConsentReceipt",
        "schema_version": "ISO/IEC TS 27560:2023",
        "receipt_id": str(uuid5(_NAMESPACE, decision["event_id"])),
        "record_id": decision["event_id"],
        "pii_principal_id": decision["subject"],
        "pii_processing": _filled(
            privacy_notice=_filled(version=decision.get("policy_version"), sha256=decision.get("notice_hash")),
            language=decision.get("language"),
            purposes=[
                _purpose(name, granted, meaning, site) for name, granted in sorted(decision["categories"].items())
            ],
            collection_method=f"consent banner, {decision['surface']}",
            jurisdictions=[decision["region"]] if "region" in decision else None,
            retention_period=site.proof_retention.text if site and site.proof_retention else None,
            withdrawal_method=site.withdrawal if site else None,
        ),
        "party_identification": _parties(decision, site),
        "events": [
            _filled(
                event_time=decision["occurred_at"],
                valid_until=valid_until,
                event_type=_METHODS[decision["method"]],
                event_state=_state(decision),
                entity_id=decision["subject"],
            )
        ],
    }


def _purpose(name: str, granted: bool, meaning: dict[str, str], site: Site | None) -> dict[str, Any]:
    category = meaning.get(name, name)
    recipients = {
        item.provider
        for item in (site.storage if site else [])
        if item.provider and item.category and meaning.get(item.category) == category
    }
    return _filled(
        purpose=name,
        purpose_type=_PURPOSES.get(category, "dpv:Purpose"),
        lawful_basis=None if category == "necessary" else "eu-gdpr:A6-1-a",
        consent_status="dpv:ConsentGiven" if granted else "dpv:ConsentRefused",
        recipient_third_parties=sorted(recipients),
    )


def _parties(decision: Row, site: Site | None) -> list[dict[str, Any]]:
    controller = _filled(
        party_role="dpv:DataController",
        party_id=decision["site"],
        party_name=site.controller if site else None,
        party_contact=site.contact if site else None,
    )
    processors = [
        _filled(party_role="dpv:DataProcessor", party_name=one.name, party_country=one.country)
        for one in (site.processors if site else [])
    ]
    return [controller, *processors]


def _state(decision: Row) -> str:
    if decision["action"] == "withdraw":
        return "dpv:ConsentWithdrawn"
    granted = any(value for name, value in decision["categories"].items() if name != "necessary")
    return "dpv:ConsentGiven" if granted else "dpv:ConsentRefused"


def _filled(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value not in (None, [], {})}
