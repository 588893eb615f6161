"""Funnels, reach, coverage, changes and decay once more, in plain Python, as reference.py has the metrics."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from tests.sql.reference import (
    CANONICAL,
    SITES,
    Event,
    canonical,
    counting,
    grain,
    hour,
    is_choice,
    opt_in_daily,
    prompts_daily,
    received,
    unknown_categories,
    withdrawals,
)  # fmt: skip

Key = tuple[Any, ...]
VALIDITY = {"FR": 6}  # months; others here fall back to the organisation's 12


def months_later(time: datetime, months: int) -> datetime:
    """The same day of a later month, or its last."""
    year, month = divmod(time.month - 1 + months, 12)
    last = calendar.monthrange(time.year + year, month + 1)[1]
    return time.replace(year=time.year + year, month=month + 1, day=min(time.day, last))


def timelines(events: list[Event]) -> dict[tuple[str, str], list[Event]]:
    """The decisions of each site and subject, in order."""
    made: dict[tuple[str, str], list[Event]] = defaultdict(list)
    decisions = [event for event in events if event["kind"] == "decision"]
    for event in sorted(decisions, key=lambda e: (e["time"], e["offset"], e["partition"])):
        made[event["site"], event["subject"]].append(event)
    return made


def _hourly(relation: Any, events: Iterable[Event], as_of: datetime) -> dict[Key, dict[str, Any]]:
    first = as_of.date() - timedelta(days=13)
    rows = relation(list(events), as_of, hour)
    return {key: row | {"date": key[0].date()} for key, row in rows.items() if key[0].date() >= first}


def prompts_hourly(events: Iterable[Event], as_of: datetime) -> dict[Key, dict[str, Any]]:
    return _hourly(prompts_daily, events, as_of)


def opt_in_hourly(events: Iterable[Event], as_of: datetime) -> dict[Key, dict[str, Any]]:
    return _hourly(opt_in_daily, events, as_of)


def funnel_daily(events: Iterable[Event], as_of: datetime) -> dict[Key, dict[str, Any]]:
    made: dict[Key, dict[str, int]] = {}
    for event in counting(events, as_of):
        if not (event["kind"] in ("impression", "dismissal") or is_choice(event)):
            continue
        names = ("shown", "interacted", "chose", "granted_any", "granted_all")
        row = made.setdefault((*grain(event), event.get("banner", {}).get("layer", "")), dict.fromkeys(names, 0))
        row["shown"] += event["kind"] == "impression"
        row["interacted"] += event["kind"] != "impression"
        if is_choice(event):
            answers = [granted for name, granted in canonical(event["categories"]).items() if name != "necessary"]
            row["chose"] += 1
            row["granted_any"] += any(answers)
            row["granted_all"] += bool(answers) and all(answers)
    return made


def reach_daily(events: Iterable[Event], as_of: datetime) -> dict[Key, dict[str, Any]]:
    sums: dict[Key, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for key, row in opt_in_daily(events, as_of).items():
        for place, name in enumerate(("shown", "granted", "denied", "choices")):
            sums[*key[:4], key[7]][place] += row[name]
    return {
        key: {
            "shown": shown,
            "granted": granted,
            "refused": refused,
            "no_choice": None if choices > shown else shown - granted - refused,
        }
        for key, (shown, granted, refused, choices) in sums.items()
    }


def coverage_daily(events: Iterable[Event], as_of: datetime) -> dict[Key, dict[str, Any]]:
    counted = counting(events, as_of)
    decided = timelines(counted)
    replays = [event for event in counted if event["kind"] == "replay"]
    names: dict[Key, set[str]] = defaultdict(lambda: set(CANONICAL))
    for event in replays:
        names[event["time"].date(), event["site"]] |= set(canonical(event["categories"]))
    made: dict[Key, dict[str, int]] = {}
    for event in replays:
        before = [d for d in decided.get((event["site"], event["subject"]), []) if d["time"] <= event["time"]]
        is_valid = not before or event["time"] < valid_until(before[-1])
        for name in names[event["time"].date(), event["site"]]:
            row = made.setdefault((*grain(event)[:4], name), {"replays": 0, "consented": 0})
            row["replays"] += 1
            row["consented"] += is_valid and canonical(event["categories"]).get(name, False)
    return made


def valid_until(decision: Event) -> datetime:
    return months_later(decision["time"], VALIDITY.get(decision.get("region", ""), 12))


def changes_daily(events: Iterable[Event], as_of: datetime) -> dict[Key, dict[str, Any]]:
    counted = counting(events, as_of)
    withdrawn = withdrawals(counted)
    made: dict[Key, dict[str, int]] = {}

    def row(event: Event) -> dict[str, int]:
        names = ("reopens", "changed", "withdrawals", "renewals")
        return made.setdefault((event["time"].date(), event["site"]), dict.fromkeys(names, 0))

    for event in counted:
        if event["kind"] == "reopen":
            row(event)["reopens"] += 1
    for decisions in timelines(counted).values():
        for before, event in zip([None, *decisions], decisions, strict=False):
            row(event)["withdrawals"] += event["event_id"] in withdrawn
            if before:
                same = canonical(before["categories"]) == canonical(event["categories"])
                row(event)["renewals" if same else "changed"] += 1
    return made


def consent_decay(events: Iterable[Event], as_of: datetime) -> dict[Key, dict[str, Any]]:
    made: dict[Key, dict[str, int]] = {}
    for decisions in timelines(counting(events, as_of)).values():
        for event, after in zip(decisions, [*decisions[1:], None], strict=True):
            end = min(valid_until(event), after["time"]) if after else valid_until(event)
            cohort = event["time"].date().replace(day=1)
            oldest = (as_of.year - cohort.year) * 12 + as_of.month - cohort.month - 1
            for name, granted in canonical(event["categories"]).items():
                for age in range(min(oldest, 24) + 1 if granted and name != "necessary" else 0):
                    row = made.setdefault((event["site"], name, cohort, age), {"granted": 0, "standing": 0})
                    row["granted"] += 1
                    row["standing"] += months_later(event["time"], age) <= end
    return made


def data_quality_issues(events: Iterable[Event], as_of: datetime) -> dict[Key, dict[str, Any]]:
    made: dict[Key, dict[str, int]] = defaultdict(lambda: {"records": 0})
    for event in received(events, as_of):
        day: tuple[date, str] = (event["time"].date(), event["site"])
        if event["site"] not in SITES:
            made[*day, "unknown_site", event["site"]]["records"] += 1
        if event.get("region") == "XX":
            made[*day, "unknown_region", "XX"]["records"] += 1
        for name in unknown_categories(event):
            made[*day, "unknown_category", name]["records"] += 1
    return made
