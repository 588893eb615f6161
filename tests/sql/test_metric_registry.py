"""Each metric of the registry over the marts: against the marts' own columns, and against sums taken in Python."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import date
from typing import Any

import pytest

from consent.errors import ConsentError
from consent.metric_diff import difference, replay
from consent.metric_query import select
from consent.metrics import RELATIONS, Metrics
from consent.models import statement
from consent.settings import ROOT
from tests.sql.build import rows, warehouse
from tests.sql.reference import canonical, counting, is_choice
from tests.sql.test_metrics import AS_OF, history

REGISTRY = Metrics.load(ROOT / "policies")


@pytest.fixture(scope="module")
def built() -> Any:
    with warehouse(history(random.Random(41), 900), AS_OF) as connection:
        connection.execute("use memory.marts")
        yield connection


def test_at_the_relations_own_grain_they_are_its_columns(built: Any) -> None:
    compared = 0
    for metric in REGISTRY:
        places = statement(f"marts.{metric.over}").grain
        dimensions = RELATIONS[metric.over].dimensions
        text, _ = select(metric, by=dimensions, grain="day")
        found = {tuple(row[: len(places)]): row[-1] for row in built.execute(text).fetchall()}
        columns = rows(built, f"select * from marts.{metric.over}")
        assert len(found) == len(columns) > 50
        if metric.name in columns[0]:
            compared += 1
            for row in columns:
                assert found[tuple(row[place] for place in places)] == pytest.approx(row[metric.name]), metric.name
    assert compared >= 12


@pytest.mark.parametrize("by", [(), ("site",), ("region", "platform"), ("variant",)])
def test_rolled_up_they_are_sums_over_sums(built: Any, by: tuple[str, ...]) -> None:
    for metric in REGISTRY:
        if not set(by) <= set(RELATIONS[metric.over].dimensions):
            continue
        dimensions = (*by, "category") if "category" in RELATIONS[metric.over].dimensions else by
        sums: dict[tuple[Any, ...], dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for row in rows(built, f"select * from marts.{metric.over}"):
            for column in RELATIONS[metric.over].counts:
                sums[tuple(row[name] for name in dimensions)][column] += row[column]
        text, _ = select(metric, by=by)
        found = {tuple(row[: len(dimensions)]): row[-1] for row in built.execute(text).fetchall()}
        assert found.keys() == sums.keys()
        for place, value in found.items():
            assert value == pytest.approx(metric.value(dict(sums[place]))), (metric.name, place)


def test_the_relation_has_a_row_for_each(built: Any) -> None:
    found = {row["name"]: row for row in rows(built, "select * from marts.metrics order by place")}
    assert list(found) == list(REGISTRY.metrics)
    rate = found["opt_in_rate"]
    assert (rate["formula"], rate["numerator"], rate["denominator"]) == ("granted ÷ shown", "granted", "shown")
    assert (rate["relation"], rate["null_when"]) == ("opt_in_daily", "choices > shown")


def test_a_filter_and_days_narrow_it(built: Any) -> None:
    metric = REGISTRY["shown"]
    text, parameters = select(
        metric, grain="day", where={"site": "videonor"}, start=date(2026, 10, 2), end=date(2026, 10, 3)
    )
    expected = built.execute(
        "select date, sum(shown) from marts.prompts_daily where site = 'videonor' "
        "and date between '2026-10-02' and '2026-10-03' group by all order by all"
    ).fetchall()
    assert [(row[0], row[-1]) for row in built.execute(text, parameters).fetchall()] == expected


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"by": ["sites"]}, r"shown has no dimension 'sites' \(did you mean 'site'\?\); prompts_daily has site, plat"),
        ({"by": ["category"]}, "no dimension 'category'"),
        ({"where": {"date; drop": "x"}}, "no dimension"),
        ({"grain": "hour"}, "no grain 'hour'; expected one of day, week, month"),
    ],
)
def test_what_it_cannot_be_split_by_is_named(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ConsentError, match=message):
        select(REGISTRY["shown"], **given)


def test_a_changed_definition_is_replayed_over_history(built: Any, tmp_path: Any) -> None:
    path = ROOT / "policies" / "metrics.yaml"
    changed = tmp_path / "new.yaml"
    text = path.read_text().replace("denominator: asked", "denominator: shown", 1).replace("title: Prompts", "title: P")
    changed.write_text(text.replace("  dismissed:\n", "  closed:\n", 1))
    found = difference(Metrics.read(path), Metrics.read(changed))
    assert [before.name for before, _ in found.changed] == ["consent_rate"]
    assert (found.added, found.removed, found.reworded) == (["closed"], ["dismissed"], ["shown"])
    before, after = found.changed[0]
    replayed = list(replay(built, before, after))
    days = rows(
        built,
        "select date, site, category, sum(granted) as granted, sum(asked) as asked, sum(shown) as shown "
        "from marts.opt_in_daily group by all order by date, site, category",
    )
    assert [(one.day, one.site, one.category) for one in replayed] == [
        (row["date"], row["site"], row["category"]) for row in days
    ]
    for one, row in zip(replayed, days, strict=True):
        assert one.old == pytest.approx(row["granted"] / row["asked"] if row["asked"] else None)
        assert one.new == pytest.approx(row["granted"] / row["shown"] if row["shown"] else None)


def test_presets_count_as_their_vendors_do(built: Any) -> None:
    """Once more from the events' own words: any grant is an opt-in, a dismissal is an opt-out for Osano alone."""
    events = counting(history(random.Random(41), 900), AS_OF)
    shown = sum(event["kind"] == "impression" for event in events)
    chose = [event for event in events if is_choice(event)]
    some = sum(
        any(yes for name, yes in canonical(event["categories"]).items() if name != "necessary") for event in chose
    )
    closed = sum(event["kind"] == "dismissal" for event in events)
    expected = {
        ("didomi", "consent_rate"): some / len(chose),
        ("didomi", "opt_in_rate"): some / shown if len(chose) <= shown else None,
        ("commanders_act", "consent_rate"): some / shown if len(chose) <= shown else None,
        ("commanders_act", "loss_by_refusal"): (len(chose) - some) / shown if len(chose) <= shown else None,
        ("osano", "opt_out_rate"): (len(chose) - some + closed) / (len(chose) + closed),
    }
    for (preset, theirs), value in expected.items():
        text, _ = select(REGISTRY[REGISTRY.presets[preset].metrics[theirs]])
        assert built.execute(text).fetchall()[0][-1] == pytest.approx(value), (preset, theirs)
