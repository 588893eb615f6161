"""From a real browser to DuckDB: the events of each visit, what was written before the choice, and the rates."""

from __future__ import annotations

import hashlib
import json

import pytest

from snippet.conftest import Landed
from snippet.visits import PLATFORMS, VISITS, Visit

pytestmark = pytest.mark.browser

EVENTS = """
    select kind, "action", surface, banner_layer, categories
    from raw.events
    where site = ? and banner_version = ?
    qualify row_number() over (partition by event_id order by received_at) = 1
    order by occurred_at
"""


@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: visit.id)
def test_the_events_of_a_visit_are_these_and_no_other(landed: Landed, visit: Visit) -> None:
    seen = landed.seen[visit.id]
    if seen.failure:
        raise seen.failure
    assert seen.errors == []
    rows = landed.connection.execute(EVENTS, [f"{visit.platform}.example", visit.name]).fetchall()
    arrived = [(*row[:4], json.loads(row[4]) if row[4] else None) for row in rows]
    assert arrived == list(visit.expected)


@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: visit.id)
def test_nothing_is_written_before_a_choice(landed: Landed, visit: Visit) -> None:
    before = landed.seen[visit.id].before
    assert before["mine"] == ([] if visit.name != "signal" else ["cookie consent_subject"])
    if visit.blank and visit.name != "signal":  # there the choice is made before anybody can look
        assert (before["cookies"], before["storage"]) == ("", [])


RATES = """
    select
        p.shown, p.choices, p.accept_all, p.reject_all, p.save, p.dismissed, p.withdrawals, p.impressions_missing,
        o.granted as marketing
    from (
        select site, sum(shown) as shown, sum(choices) as choices, sum(accept_all) as accept_all,
            sum(reject_all) as reject_all, sum(save) as save, sum(dismissed) as dismissed,
            sum(withdrawals) as withdrawals, bool_or(impressions_missing) as impressions_missing
        from marts.prompts_daily group by site
    ) as p
    inner join (
        select site, sum(granted) as granted from marts.opt_in_daily where category = 'marketing' group by site
    ) as o on p.site = o.site
    where p.site = ?
"""


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_counts_behind_the_rates_follow_from_the_visits(landed: Landed, platform: str) -> None:
    told = [event for visit in VISITS if visit.platform == platform for event in visit.expected]
    chosen = [action for kind, action, surface, _, _ in told if kind == "decision" and surface == "banner"]
    kinds = [kind for kind, *_ in told]
    expected = (
        kinds.count("impression"),
        len(chosen),
        chosen.count("accept_all"),
        chosen.count("reject_all"),
        chosen.count("save"),
        kinds.count("dismissal"),
        sum(action == "withdraw" for _, action, *_ in told),
        False,
        chosen.count("accept_all"),  # only who accepted everything granted marketing
    )
    assert landed.connection.execute(RATES, [f"{platform}.example"]).fetchall() == [expected]


def test_rates_by_hand(landed: Landed) -> None:
    # klaro: one visitor each ignored, rejected, saved statistics alone, and accepted (and withdrew on another day)
    rates = """
        select category, sum(granted) / sum(shown), sum(granted) / sum(asked)
        from marts.opt_in_daily where site = 'klaro.example' and category in ('performance', 'marketing')
        group by category order by category
    """
    assert landed.connection.execute(rates).fetchall() == [("marketing", 1 / 4, 1 / 3), ("performance", 2 / 4, 2 / 3)]


def test_subjects_are_the_platforms_own_or_one_that_lasts(landed: Landed) -> None:
    query = """
        select site, count(distinct subject) filter (where kind in ('decision', 'replay')),
            count(distinct subject) filter (where kind = 'impression' and banner_version = 'come-back'),
            any_value(subject) filter (where kind = 'decision')
        from raw.events where banner_version = 'come-back' group by site
    """
    rows = {site: rest for site, *rest in landed.connection.execute(query).fetchall()}
    assert {site: one for site, (one, *_) in rows.items() if one != 1} == {}
    assert rows["cookieyes.example"][2].startswith("cky")
    assert len(rows["usercentrics.example"][2]) == 64


def test_what_events_say_beside_their_kind(landed: Landed) -> None:
    rows = landed.connection.execute("""
        select
            bool_and(decision_ms between 0 and 60_000) filter (where kind = 'decision' and surface = 'banner'),
            bool_and(decision_ms is null) filter (where kind <> 'decision' or surface <> 'banner'),
            bool_and(prompt_id is not null)
                filter (where kind = 'impression' or kind = 'decision' and surface = 'banner'),
            bool_and(len(notice_hash) = 64)
                filter (where kind = 'impression' and site not in ('tcf.example', 'usercentrics.example')),
            bool_and(gpc) filter (where banner_version in ('gpc', 'signal')),
            bool_or("method" = 'signal') filter (where banner_version = 'signal'),
            bool_and(not is_bot),
            bool_and("language" = 'en-US'),
            bool_and(json_extract_string(gcm, '$.ad_storage') in ('granted', 'denied'))
                filter (where site = 'gcm.example'),
            bool_and(tc_string = 'CStub') filter (where site = 'tcf.example' and kind = 'decision'),
            bool_and(source_cmp is not null)
        from raw.events
    """).fetchall()
    assert rows == [(True,) * 11]
    hashes = landed.connection.execute(
        "select distinct notice_hash from raw.events where site = 'own.example' and kind = 'impression'"
    ).fetchall()
    assert hashes == [(hashlib.sha256(b"We ask before we store.").hexdigest(),)]


def test_storage_is_seen_by_name_kind_and_lifetime(landed: Landed) -> None:
    rows = landed.connection.execute("""
        select distinct item.name, item.type, item.lifetime_s // 86400
        from (
            select unnest(storage) as item from raw.events
            where site = 'klaro.example' and banner_version = 'come-back'
                and kind = 'observation' and prompt_id is not null
        ) order by 1
    """).fetchall()
    assert rows == [("consent_subject", "cookie", 179), ("klaro", "cookie", 119)]
