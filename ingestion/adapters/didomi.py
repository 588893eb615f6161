"""Didomi: consent events of its API, as posted to and read from /consents/events.

Source: Didomi's developer documentation of consent events and of the purposes it ships.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ingestion.adapters.native import Event, Native, NotUnderstood, moment, region

TITLE = "Didomi"
MAPS = (
    "`consents.purposes` (a list of id and enabled, or enabled and disabled lists): the purposes that Didomi ships by"
    " the table in ingestion/adapters/didomi.py, others keep their id unless named with `--category`; a category is"
    " granted only where all its purposes are. `user.id`, else `organization_user_id` → subject; `created_at`,"
    " `user.country`, `regulation` → banner id → decision"
)
CANNOT_KNOW = (
    "impressions and dismissals; purposes that the event does not mention (an event is a partial update); events that"
    " still wait for approval are refused"
)
PURPOSES = {
    "cookies": "necessary_storage",
    "select_basic_ads": "marketing",
    "create_ads_profile": "marketing",
    "select_personalized_ads": "marketing",
    "measure_ad_performance": "marketing",
    "create_content_profile": "functionality",
    "select_personalized_content": "functionality",
    "use_limited_data_to_select_content": "functionality",
    "measure_content_performance": "performance",
    "market_research": "performance",
    "improve_products": "performance",
}


def events(native: Native) -> list[Event]:
    """One decision from one consent event."""
    payload = native.mapping
    if payload.get("status", "confirmed") != "confirmed":
        raise NotUnderstood("not_allowed status: expected confirmed; the choice has not taken effect")
    user = payload.get("user") if isinstance(payload.get("user"), dict) else {}
    assert isinstance(user, dict)  # noqa: S101 - for the type checker
    return [
        native.decision(
            "didomi",
            _categories(payload.get("consents"), native.told.names),
            subject=_text(user, "id") or _text(user, "organization_user_id"),
            at=moment(payload.get("created_at")),
            region=native.told.region or region(_text(user, "country"), _text(user, "region")),
            banner={"id": regulation} if (regulation := _text(payload, "regulation")) else {},
            surface="external" if payload.get("status") else None,
            identity=(payload.get("id"), payload.get("created_at")),
        )
    ]


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    return value if isinstance(value := fields.get(name), str) and value else None


def _categories(consents: Any, names: Mapping[str, str]) -> dict[str, bool]:
    answers = dict(_answers(consents.get("purposes") if isinstance(consents, dict) else None))
    categories: dict[str, bool] = {}
    for purpose, granted in answers.items():
        category = purpose if purpose in names else PURPOSES.get(purpose, purpose)
        if category != "necessary_storage":
            categories[category] = categories.get(category, True) and granted
    if not categories:
        raise NotUnderstood("missing consents.purposes: expected purposes with their answers")
    if answers.get("cookies") is False:  # nothing may be stored, so nothing that needs storage is granted
        categories = dict.fromkeys(categories, False)
    return categories


def _answers(purposes: Any) -> Iterator[tuple[str, bool]]:
    if isinstance(purposes, dict):
        for name, granted in (("enabled", True), ("disabled", False)):
            for purpose in purposes.get(name) or ():
                yield str(purpose.get("id")) if isinstance(purpose, dict) else str(purpose), granted
        return
    for purpose in purposes if isinstance(purposes, list) else ():
        if not isinstance(purpose, dict) or not isinstance(purpose.get("enabled"), bool):
            raise NotUnderstood("wrong_type consents.purposes: expected objects of id and enabled")
        yield str(purpose.get("id")), purpose["enabled"]
