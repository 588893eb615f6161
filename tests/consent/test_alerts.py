"""Alerts over simulated years: planted faults are found on their day, and hardly anything else is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.alerts import SHOWN, Alert, find
from consent.alerts.baselines import HISTORY
from consent.alerts.counts import category_always_true, choices_exceed_impressions, vanished_and_silent
from consent.alerts.drivers import decompose, strongest
from consent.alerts.rates import rate_drops
from consent.metrics import Metrics
from consent.settings import ROOT
from tests.simulated_year import CATEGORIES, DAYS, Site, marts, on

REGISTRY = Metrics.load(ROOT / "policies")
WATCHED = [metric for metric in REGISTRY if metric.watch]
LAST = on(DAYS - 1)
JUDGED = DAYS - HISTORY
STARTS = (55, 120, 180, 245, 310)
POINTS = (0.105, 0.12, 0.14, 0.17, 0.20)
SITES = [
    *(Site(f"steady-{seed}", seed, drops=[(STARTS[k], 6, POINTS[k], None) for k in range(5)]) for seed in range(2)),
    *(Site(f"rising-{seed}", 10 + seed, trend=0.2, season=0.08,
           drops=[(STARTS[k] + 3, 6, POINTS[k], None) for k in range(5)]) for seed in range(1)),
    *(Site(f"rough-{seed}", 20 + seed, wander=0.015, drops=[(STARTS[k] + 5, 6, 0.15, None) for k in range(5)])
      for seed in range(1)),
]  # fmt: skip


@pytest.fixture(scope="module")
def year() -> Iterator[list[Alert]]:
    """All rate drops of the year, each day judged from the days before it alone."""
    connection = marts(*SITES)
    yield [alert for metric in WATCHED for alert in rate_drops(connection, metric, LAST, JUDGED, "main")]
    connection.close()


def test_every_planted_drop_is_found_on_its_day(year: list[Alert]) -> None:
    found = {(alert.site, alert.category, alert.first_seen) for alert in year}
    planted = [(site, category, drop[0]) for site in SITES for drop in site.drops for category in CATEGORIES]
    assert len(planted) == 60
    missed = [
        (site.name, category, first)
        for site, category, first in planted
        if not {(site.name, category, on(first)), (site.name, category, on(first + 1))} & found
    ]
    assert missed == []
    at_once = sum((site.name, category, on(first)) in found for site, category, first in planted)
    assert at_once >= 0.9 * len(planted)
    whole = {(alert.site, alert.first_seen) for alert in year}
    assert all((site.name, on(drop[0])) in whole for site in SITES for drop in site.drops), "each on its very day"


def test_there_is_less_than_one_false_alert_a_month_and_site(year: list[Alert]) -> None:
    false = [alert for alert in year if not _planted(alert)]
    site_months = len(SITES) * JUDGED / 30.4
    assert len(false) / site_months < 0.6, [(alert.site, alert.metric, alert.first_seen) for alert in false]
    holidays = [alert for alert in false if on(200) <= alert.first_seen < on(214)]
    assert len(holidays) <= 1


def _planted(alert: Alert) -> bool:
    site = next(site for site in SITES if site.name == alert.site)
    return any(on(first) <= alert.first_seen <= on(first + days) for first, days, *_ in site.drops)


def test_an_alert_says_what_moved_the_number() -> None:
    late = DAYS - 3
    one = Site("one", 5, volume=2000, drops=[(late, 9, 0.30, "ios")])
    connection = marts(one)
    alerts = {(alert.site, alert.category): alert for alert in find(connection, REGISTRY, LAST, schema="main")}
    found = alerts["one", "marketing"]
    assert (found.kind, found.severity, found.status, found.first_seen) == ("rate_drop", "high", "open", on(late))
    assert found.drivers[0].dimension == "platform"
    assert found.drivers[0].value == "ios"
    assert abs(found.drivers[0].rate_effect) > 5 * abs(found.drivers[0].mix_effect)
    assert "platform ios (-1" in found.message
    assert "by its rate" in found.message
    assert found.expected_low is not None
    assert found.expected is not None
    assert found.value < found.expected_low < found.expected
    assert found.link.startswith("/rates?metric=opt_in_rate&by=platform&site=one&category=marketing&from=")
    row = found.row()
    assert json.loads(row[12])[0] == found.drivers[0].as_dict()
    assert row[0] == found.alert_id
    assert row[6] == found.first_seen


def test_small_sites_wake_nobody() -> None:
    connection = marts(Site("small", 7, volume=90, wander=0.02, drops=[(340, 20, 0.3, None)]))
    assert find(connection, REGISTRY, LAST, schema="main") == []


def test_prompts_that_vanish_and_a_platform_that_falls_silent() -> None:
    gone = Site("gone", 8)
    gone.shown = lambda day, _: 0.0 if day == DAYS - 1 else 1.0
    silent = Site("silent", 9)
    silent.shown = lambda day, segment: 0.0 if day >= DAYS - 2 and segment[0] == "ios" else 1.0
    well = Site("well", 10)
    connection = marts(gone, silent, well)
    alerts = list(vanished_and_silent(connection, LAST, JUDGED, "main"))
    by_site = {(alert.site, alert.kind, alert.segment): alert for alert in alerts}
    assert set(by_site) == {("gone", "impressions_vanished", ""), ("silent", "segment_silent", "ios")}, "and no holiday"
    vanished = by_site["gone", "impressions_vanished", ""]
    assert (vanished.value, vanished.first_seen, vanished.status) == (0, LAST, "open")
    assert vanished.expected == pytest.approx(1100, rel=0.15)
    assert {driver.dimension for driver in vanished.drivers} == {"platform", "region"}
    assert by_site["silent", "segment_silent", "ios"].first_seen == on(DAYS - 2)
    exceeding = list(choices_exceed_impressions(connection, LAST, "main"))
    assert {alert.site for alert in exceeding} >= {"gone"}


def test_a_site_that_sends_nothing_at_all_has_vanished_too() -> None:
    connection = marts(Site("dead", 11), Site("alive", 12))
    connection.execute("delete from prompts_daily where site = 'dead' and date > ?", [on(DAYS - 3)])
    connection.execute("delete from opt_in_daily where site = 'dead' and date > ?", [on(DAYS - 3)])
    found = [one for one in find(connection, REGISTRY, LAST, schema="main") if one.kind != "rate_drop"]
    assert [(one.kind, one.site, one.first_seen) for one in found] == [("impressions_vanished", "dead", on(DAYS - 2))]


def test_counts_that_cannot_be_are_told_from_their_first_day_to_their_last() -> None:
    connection = marts(Site("odd", 13))
    for days in ((300, 301, 303), (350, 351)):
        for day in days:
            connection.execute("update prompts_daily set shown = choices // 2 where date = ?", [on(day)])
            connection.execute(
                "update opt_in_daily set granted = asked where category = 'marketing' and date = ?", [on(day)]
            )
    for judge in (choices_exceed_impressions, category_always_true):
        runs = [(one.first_seen, one.last_seen, one.status) for one in judge(connection, LAST, "main")]
        assert runs == [(on(300), on(303), "over"), (on(350), on(351), "over")]
    listed = {one.kind: one for one in find(connection, REGISTRY, LAST, schema="main")}
    assert listed["category_always_true"].category == "marketing"
    assert listed["category_always_true"].first_seen == on(350), "the older one has been over for long"
    assert find(connection, REGISTRY, LAST + timedelta(days=SHOWN - 13), schema="main")[-1].last_seen > on(300)


def test_the_same_marts_give_the_same_alerts_and_a_later_day_keeps_their_ids() -> None:
    connection = marts(Site("shop", 14, drops=[(350, 30, 0.15, None)]))
    first = find(connection, REGISTRY, on(352), schema="main")
    assert first == find(connection, REGISTRY, on(352), schema="main")
    assert len({alert.alert_id for alert in first}) == len(first)
    first = [alert for alert in first if alert.status == "open"]
    assert len(first) >= 3
    later = {alert.alert_id: alert for alert in find(connection, REGISTRY, LAST, schema="main")}
    for alert in first:
        assert later[alert.alert_id].message == alert.message
        assert later[alert.alert_id].last_seen > alert.last_seen


def test_without_a_history_nothing_is_judged() -> None:
    connection = marts(Site("new", 15, drops=[(0, 365, 0.2, None)]))
    connection.execute("delete from prompts_daily where date < ?", [on(DAYS - 20)])
    connection.execute("delete from opt_in_daily where date < ?", [on(DAYS - 20)])
    assert find(connection, REGISTRY, LAST, schema="main") == []
    connection.execute("delete from prompts_daily")
    connection.execute("delete from opt_in_daily")
    assert find(connection, REGISTRY, date(2026, 1, 1), schema="main") == []


PARTS = st.dictionaries(st.sampled_from("abcd"), st.tuples(st.integers(0, 50), st.integers(0, 100)), max_size=4)


@settings(deadline=None)
@given(PARTS, PARTS)
def test_the_effects_add_up_to_the_change(
    before: dict[str, tuple[int, int]], after: dict[str, tuple[int, int]]
) -> None:
    before = {value: (above if below else 0, below) for value, (above, below) in before.items()}
    after = {value: (above if below else 0, below) for value, (above, below) in after.items()}
    drivers = decompose("platform", before, after)
    totals = [np.sum([list(part) for part in parts.values()] or [[0, 0]], axis=0) for parts in (before, after)]
    if not totals[0][1] or not totals[1][1]:
        assert drivers == []
        return
    change = totals[1][0] / totals[1][1] - totals[0][0] / totals[0][1]
    assert sum(driver.effect for driver in drivers) == pytest.approx(change, abs=1e-9)
    assert all(driver.effect * change > 0 for driver in strongest(drivers, change))


def test_a_change_of_mix_alone_is_told_from_a_change_of_rate() -> None:
    before, after = {"web": (40, 100), "ios": (10, 100)}, {"web": (20, 50), "ios": (15, 150)}
    assert all(driver.rate_effect == 0 for driver in decompose("platform", before, after))
    same_mix = decompose("platform", before, {"web": (20, 100), "ios": (10, 100)})
    assert [(driver.value, driver.mix_effect, driver.rate_effect) for driver in same_mix] == [
        ("ios", 0, 0),
        ("web", 0, pytest.approx(-0.1)),
    ]
