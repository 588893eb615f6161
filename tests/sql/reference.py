"""The contract's metrics once more, in plain Python over a list of events: slow, obvious, independent of the SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from statistics import quantiles
from typing import Any

CANONICAL = ("functionality", "marketing", "necessary", "performance")
SYNONYMS = {
    "essential": "necessary", "strictly_necessary": "necessary", "functional": "functionality",
    "preferences": "functionality", "statistics": "performance", "analytics": "performance",
    "targeting": "marketing", "advertising": "marketing", "ads": "marketing",
}  # fmt: skip
SITES = ("videonor", "cp-app")
Event = dict[str, Any]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=None)


def received(events: Iterable[Event], as_of: datetime) -> list[Event]:
    """What had come by then, timed and marked; each event carries its `partition` and `offset`."""
    kept: list[Event] = []
    for event in events:
        arrived, occurred = moment(event["received_at"]), moment(event["occurred_at"])
        if arrived > as_of:
            continue
        skewed = occurred > arrived + timedelta(minutes=5) or occurred < arrived - timedelta(days=7)
        time = arrived if skewed else occurred
        kept.append(
            event | {"arrived": arrived, "time": time, "skewed": skewed, "late": arrived > time + timedelta(days=1)}
        )
    first: dict[str, Event] = {}
    for event in sorted(kept, key=lambda e: (e["arrived"], e["partition"], e["offset"])):
        first.setdefault(event["event_id"], event)
    for event in kept:
        event["duplicate"] = first[event["event_id"]] is not event
    return kept


def canonical(categories: dict[str, bool]) -> dict[str, bool]:
    merged: dict[str, bool] = {}
    for name, granted in categories.items():
        known = SYNONYMS.get(name, name)
        merged[known] = merged.get(known, True) and granted
    return merged


def unknown_categories(event: Event) -> set[str]:
    return set(canonical(event.get("categories", {}))) - set(CANONICAL)


def counting(events: Iterable[Event], as_of: datetime) -> list[Event]:
    return [e for e in received(events, as_of) if not e["duplicate"] and not e.get("is_bot", False)]


def day(event: Event) -> date:
    return event["time"].date()


def hour(event: Event) -> datetime:
    return event["time"].replace(minute=0, second=0, microsecond=0)


def grain(event: Event, when: Callable[[Event], date] = day) -> tuple[Any, ...]:
    banner = event.get("banner", {})
    return (
        when(event), event["site"], event.get("platform", "web"), event.get("region", ""),
        banner.get("id", ""), banner.get("version", ""), banner.get("variant", ""),
    )  # fmt: skip


def is_choice(event: Event) -> bool:
    return bool(event["kind"] == "decision" and event.get("surface", "banner") == "banner")


def withdrawals(events: list[Event]) -> set[str]:
    """Event ids of the decisions that withdraw."""
    found: set[str] = set()
    state: dict[tuple[str, str], dict[str, bool]] = defaultdict(dict)
    decisions = [event for event in events if event["kind"] == "decision"]
    for event in sorted(decisions, key=lambda e: (e["time"], e["offset"], e["partition"])):
        before, now = state[event["site"], event["subject"]], canonical(event["categories"])
        if event["action"] == "withdraw" or any(before.get(name) and not granted for name, granted in now.items()):
            found.add(event["event_id"])
        before.update(now)
    return found


def prompts_daily(
    events: Iterable[Event], as_of: datetime, when: Callable[[Event], date] = day
) -> dict[tuple[Any, ...], dict[str, Any]]:
    counted = counting(events, as_of)
    withdrawn = withdrawals(counted)
    by_grain: dict[tuple[Any, ...], list[Event]] = defaultdict(list)
    for event in counted:
        if event["kind"] in ("impression", "decision", "dismissal"):
            by_grain[grain(event, when)].append(event)
    return {key: _prompts(group, withdrawn) for key, group in by_grain.items()}


def _prompts(group: list[Event], withdrawn: set[str]) -> dict[str, Any]:
    shown = sum(event["kind"] == "impression" for event in group)
    choices = [event for event in group if is_choice(event)]
    took = sorted(event["decision_ms"] for event in choices if "decision_ms" in event)
    actions = [event["action"] for event in choices]
    missing = len(choices) > shown
    return {
        "shown": shown,
        "choices": len(choices),
        "accept_all": actions.count("accept_all"),
        "reject_all": actions.count("reject_all"),
        "save": actions.count("save"),
        "dismissed": sum(event["kind"] == "dismissal" for event in group),
        "no_choice": None if missing else shown - len(choices),
        "withdrawals": sum(event["event_id"] in withdrawn for event in group),
        "interaction_rate": None if missing or not shown else len(choices) / shown,
        "accept_all_rate": actions.count("accept_all") / len(choices) if choices else None,
        "decision_ms_p50": _quantile(took, 50),
        "decision_ms_p90": _quantile(took, 90),
        "impressions_missing": missing,
    }


def _quantile(values: list[int], percent: int) -> float | None:
    if len(values) < 2:
        return float(values[0]) if values else None
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def opt_in_daily(
    events: Iterable[Event], as_of: datetime, when: Callable[[Event], date] = day
) -> dict[tuple[Any, ...], dict[str, Any]]:
    events = list(events)
    prompts = prompts_daily(events, as_of, when)
    answers: dict[tuple[Any, ...], list[bool]] = defaultdict(list)
    categories: dict[tuple[Any, ...], set[str]] = defaultdict(lambda: set(CANONICAL))
    for event in counting(events, as_of):
        if is_choice(event):
            for name, granted in canonical(event["categories"]).items():
                answers[*grain(event, when), name].append(granted)
                categories[grain(event)[:2]].add(name)
    made = {}
    for key, prompt in prompts.items():
        of_day = key[0].date() if isinstance(key[0], datetime) else key[0]
        for name in categories[of_day, key[1]]:
            answer = answers[*key, name]
            shown, missing = prompt["shown"], prompt["impressions_missing"]
            made[*key, name] = {
                "shown": shown,
                "choices": prompt["choices"],
                "asked": len(answer),
                "granted": sum(answer),
                "denied": len(answer) - sum(answer),
                "opt_in_rate": None if missing or not shown else sum(answer) / shown,
                "consent_rate": sum(answer) / len(answer) if answer else None,
                "impressions_missing": missing,
            }
    return made


def data_quality_daily(events: Iterable[Event], as_of: datetime) -> dict[tuple[Any, ...], dict[str, Any]]:
    events = list(events)
    days: dict[tuple[Any, ...], list[Event]] = defaultdict(list)
    for event in received(events, as_of):
        days[event["time"].date(), event["site"]].append(event)
    totals: dict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
    for key, prompt in prompts_daily(events, as_of).items():
        totals[key[:2]][0] += prompt["choices"]
        totals[key[:2]][1] += prompt["shown"]
    return {
        key: {
            "received": len(group),
            "accepted": len(group),
            "quarantined": 0,
            "duplicates": sum(event["duplicate"] for event in group),
            "bots": sum(event.get("is_bot", False) for event in group),
            "clock_skewed": sum(event["skewed"] for event in group),
            "late": sum(event["late"] for event in group),
            "impressions_missing": totals[key][0] > totals[key][1],
            "unknown_site": 0 if key[1] in SITES else len(group),
            "unknown_category": sum(bool(unknown_categories(event)) for event in group),
            "unknown_region": sum(event.get("region") == "XX" for event in group),
            "newest_event": max(event["time"] for event in group),
            "newest_received": max(event["arrived"] for event in group),
        }
        for key, group in days.items()
    }
