"""What values of the contract are called in the current language, and the order in which they stand."""

from __future__ import annotations

from dashboards.i18n import N_, translated

_LABELS = {
    "accept_all": N_("Accept all"),
    "accepted": N_("Accepted"),
    "acknowledged": N_("Acknowledged"),
    "banner": N_("Banner"),
    "banner_id": N_("Banner"),
    "banner_version": N_("Banner version"),
    "bots": N_("Bots"),
    "category": N_("Category"),
    "choices": N_("Choices"),
    "clock_skewed": N_("Clock-skewed"),
    "cookie": N_("Cookie"),
    "critical": N_("Critical"),
    "day": N_("Day"),
    "declared_and_seen": N_("Declared and seen"),
    "declared_not_seen": N_("Declared, not seen"),
    "dismissed": N_("Dismissed"),
    "duplicates": N_("Duplicates"),
    "first": N_("First party"),
    "functionality": N_("Functionality"),
    "guideline_exceedance": N_("Guideline exceedance"),
    "high": N_("High"),
    "indexed_db": N_("IndexedDB"),
    "late": N_("Late"),
    "local_storage": N_("Local storage"),
    "loser": N_("Loser"),
    "low": N_("Low"),
    "marketing": N_("Marketing"),
    "medium": N_("Medium"),
    "month": N_("Month"),
    "necessary": N_("Necessary"),
    "no_difference": N_("No difference"),
    "open": N_("Open"),
    "over": N_("Over"),
    "performance": N_("Performance"),
    "pixel": N_("Pixel"),
    "platform": N_("Platform"),
    "quarantined": N_("Quarantined"),
    "received": N_("Received"),
    "region": N_("Region"),
    "reject_all": N_("Reject all"),
    "reopened": N_("Reopened"),
    "resolved": N_("Resolved"),
    "sample_ratio_mismatch": N_("Sample ratio mismatch"),
    "save": N_("Save"),
    "session_storage": N_("Session storage"),
    "shown": N_("Prompts"),
    "site": N_("Site"),
    "third": N_("Third party"),
    "too_early": N_("Too early"),
    "asked": N_("Asked"),
    "chose": N_("Chose"),
    "consented": N_("Consented"),
    "default": N_("The organisation's own default"),
    "denied": N_("Denied"),
    "granted": N_("Granted"),
    "granted_any": N_("Granted something"),
    "interacted": N_("Interacted"),
    "replays": N_("Page views"),
    "withdrawals": N_("Withdrawals"),
    "undeclared": N_("Not declared"),
    "unknown": N_("Unknown"),
    "unknown_category": N_("Unknown category"),
    "unknown_region": N_("Unknown region"),
    "unknown_site": N_("Unknown site"),
    "impressions_missing": N_("Impressions missing"),
    "variant": N_("Variant"),
    "violation": N_("Violation"),
    "week": N_("Week"),
    "winner": N_("Winner"),
    "active": N_("Active"),
    "expired": N_("Expired"),
    "outdated": N_("Outdated"),
    "withdrawn": N_("Withdrawn"),
    "withdraw": N_("Withdraw"),
    "rate_drop": N_("Rate drop"),
    "impressions_vanished": N_("Prompts vanished"),
    "choices_exceed_impressions": N_("More choices than prompts"),
    "category_always_true": N_("A category is always granted"),
    "segment_silent": N_("A segment fell silent"),
    "opened": N_("Opened"),
    "acknowledgement_ended": N_("Acknowledgement ended"),
}
KINDS = {
    "violation": N_("goes past a limit that binds"),
    "guideline_exceedance": N_("goes past a recommendation that does not bind"),
}
EVIDENCE_MARKS = {
    "S": N_("read in the authority's or the standard's own text"),
    "Q": N_("seen quoted or paraphrased by others, not read in the source"),
    "K": N_("general knowledge, not read in a source: check it before relying on it"),
}
_CATEGORIES = ("marketing", "performance", "functionality", "necessary")
SEVERITIES = ("critical", "high", "medium", "low")


def category_order(category: str) -> tuple[int, str]:
    """Sort key: those that people can refuse first, necessary after them, what is not canonical last."""
    return (_CATEGORIES.index(category) if category in _CATEGORIES else len(_CATEGORIES), category)


def label(text: str) -> str:
    """accept_all -> Accept all, Godta alle; a value that the contract does not name stays as it came."""
    if text in _LABELS:
        return translated(_LABELS[text])
    words = text.replace("_", " ")
    return words[:1].upper() + words[1:]


def noun(text: str) -> str:
    """A label as it stands within a sentence: marketing, banner version."""
    named = label(text)
    return named if named[1:] != named[1:].lower() else named[:1].lower() + named[1:]


def known(text: str) -> str:
    """The same for a value that the contract names; any other stays as it came."""
    return noun(text) if text in _LABELS else text


def value(name: str, text: str) -> str:
    """A dimension's value as people read it: categories, severities and states by their name, the rest as it is."""
    named = {"category", "severity", "status", "kind", "verdict"}
    if name in named or (name in {"under", "jurisdiction"} and text == "default"):
        return label(text)
    return text or "–"
