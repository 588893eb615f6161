"""The metric registry: what it refuses and where, a team's own metrics, and the relation made from it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from consent.errors import ConsentError, PolicyError
from consent.metrics import FIXED, RELATIONS, Metrics
from consent.settings import ROOT

ENTRY = """\
metrics:
  mine:
    title: Mine
    description: What only we count.
    unit: prompts
    over: prompts_daily
    numerator: accept_all
    denominator: shown
    excludes: Nothing.
    source: Us
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policies" / "metrics").mkdir(parents=True)
    return tmp_path / "policies"


def test_the_shipped_ones_are_complete() -> None:
    registry = Metrics.load(ROOT / "policies")
    assert set(FIXED) <= registry.metrics.keys()
    contract = {"opt_in_rate": "granted ÷ shown", "consent_rate": "granted ÷ asked"}
    contract |= {"interaction_rate": "choices ÷ shown", "accept_all_rate": "accept_all ÷ choices"}
    contract |= {"no_choice": "shown − choices"}
    assert {name: registry[name].formula for name in contract} == contract
    over_shown = {metric.name for metric in registry if metric.denominator and "shown" in metric.denominator.columns}
    assert {name for name in over_shown if registry[name].null_when is None} == set(), "null where prompts are missing"
    assert all(metric.denominator is not None or metric.numerator.counts for metric in registry)


def test_a_team_adds_its_own_beside_the_shipped_ones(folder: Path) -> None:
    (folder / "metrics" / "ours.yaml").write_text(
        ENTRY + "presets:\n  us:\n    title: as us\n    metrics: {rate: mine, other: shown}\n    differs: Nowhere.\n"
    )
    registry = Metrics.load(folder)
    assert registry["mine"].formula == "accept_all ÷ shown"
    assert registry["mine"].presets == ("as us: rate",)
    assert "opt_in_rate" in registry.metrics, "without a metrics.yaml of its own, a folder has the shipped ones"
    with pytest.raises(ConsentError, match=r"no metric 'mein' \(did you mean 'mine'\?\); expected one of shown, "):
        registry["mein"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("numerator: accept_all", "numerator: acept_all", r"ours.yaml:7: metrics.mine.numerator: no column 'acept_"),
        ("denominator: shown", "denominator: max(shown)", r":8: metrics.mine.denominator: 'max\(shown\)' is not all"),
        ("over: prompts_daily", "over: promts_daily", r":6: metrics.mine.over: .*prompts_daily, opt_in_daily, fun"),
        ("unit: prompts", "unit: visitors", r":5: metrics.mine.unit: expected one of prompts, choices"),
        ("numerator:", "numeratr:", r":7: metrics.mine.numeratr: unknown key \(did you mean 'numerator'\?\)"),
        ("    source: Us\n", "", r":2: metrics.mine.source: required"),
        ("  mine:", "  Mine!:", r":2: metrics.Mine!"),
        ("  mine:", "  opt_in_rate:", r":2: metrics.opt_in_rate: 'opt_in_rate' is already defined in .*metrics.yaml"),
        ("excludes", "null_when: shown\n    excludes", r":9: metrics.mine.null_when: expected two formulas"),
        ("source: Us\n", "source: Us\npresets: {p: {title: P, metrics: {a: mein}, differs: No}}\n",
         r":11: presets.p.metrics.a: no metric 'mein' \(did you mean 'mine'\?\)"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_file_line_field_and_what_is_allowed(
    folder: Path, old: str, new: str, message: str
) -> None:
    assert old in ENTRY
    (folder / "metrics" / "ours.yaml").write_text(ENTRY.replace(old, new, 1))
    with pytest.raises(PolicyError, match=message):
        Metrics.load(folder)


def test_a_column_of_the_published_relations_keeps_its_meaning(folder: Path) -> None:
    shutil.copy(ROOT / "policies" / "metrics.yaml", folder)
    path = folder / "metrics.yaml"
    text = path.read_text()
    path.write_text(
        text.replace("numerator: granted\n    denominator: asked", "numerator: granted\n    denominator: shown")
    )
    with pytest.raises(PolicyError, match=r"'consent_rate' is a column .* give your own definition another name"):
        Metrics.load(folder)
    path.write_text(
        text.replace("  consent_rate:\n    title", "  our_rate:\n    title").replace(": consent_rate", ": our_rate")
    )
    with pytest.raises(PolicyError, match=r"'consent_rate' is a column .* define it"):
        Metrics.load(folder)
    path.write_text(text.replace("title: Consent rate", "title: Yes of those asked"))
    assert Metrics.load(folder)["consent_rate"].title == "Yes of those asked"


def test_relations_name_columns_that_exist() -> None:
    for relation in RELATIONS:
        text = (ROOT / "sql" / "marts" / f"{relation}.sql").read_text()
        assert all(name in text for name in (*RELATIONS[relation].counts, *RELATIONS[relation].dimensions))
