"""`consent metrics`: definitions, today's numbers, and what a changed definition does to history."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consent.errors import ConsentError
from consent.settings import ROOT
from pipelines.cli import app
from tests.dashboards.published import home as published_home

SHIPPED = ROOT / "policies" / "metrics.yaml"


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    path = tmp_path / "changed.yaml"
    text = SHIPPED.read_text()
    path.write_text(
        text.replace(
            "numerator: granted\n    denominator: asked", "numerator: granted\n    denominator: choices + 0 * shown"
        )
    )
    return path


def run(*arguments: str | Path) -> str:
    done = CliRunner().invoke(app, ["metrics", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0
    return done.output


def test_all_are_listed_with_their_formulas() -> None:
    listed = run("list")
    assert "opt_in_rate" in listed
    assert "granted ÷ shown" in listed
    assert "as Didomi: opt_in_rate = any_opt_in_rate" in listed


def test_one_is_explained_with_numerator_and_denominator(tmp_path: Path) -> None:
    home = published_home(tmp_path / "home")
    text = run("explain", "opt_in_rate", "--home", home)
    assert "formula     granted ÷ shown, each the sum over opt_in_daily" in text
    assert "no number   where choices > shown" in text
    lines = [line.split() for line in text.splitlines()]
    assert ["a.example", "marketing", "2026-11-15", "40", "100", "40.00%"] in lines
    assert ["a.example", "marketing", "7", "days", "280", "700", "40.00%"] in lines
    assert ["gap.example", "marketing", "2026-11-15", "15", "10", "none"] in lines
    assert ["a.example", "2026-11-15", "40"] in [
        line.split() for line in run("explain", "no_choice", "--home", home).splitlines()
    ]


def test_an_unknown_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConsentError, match=r"no metric 'optin' .*expected one of"):
        run("explain", "optin")


def test_a_changed_definition_is_shown_day_by_day_and_summed_up(tmp_path: Path, changed: Path) -> None:
    home = published_home(tmp_path / "home")
    table = run("diff", SHIPPED, changed, "--home", home)
    assert "consent_rate: granted ÷ asked  ->  granted ÷ (choices + 0 · shown)" in table
    rows = json.loads(run("diff", SHIPPED, changed, "--home", home, "--format", "json", "--site", "a.example"))
    assert len(rows) == 14 * 2
    assert rows[0] == {"metric": "consent_rate", "day": "2026-11-02", "site": "a.example", "category": "marketing",
                       "old": 0.5, "new": 0.5, "change": 0.0}  # fmt: skip
    csv = run("diff", SHIPPED, changed, "--home", home, "--format", "csv", "--grain", "month")
    assert csv.splitlines()[0] == "metric,day,site,category,old,new,change"
    assert len(csv.splitlines()) == 1 + 2 + 2 + 2
    assert "no number changes" in run("diff", SHIPPED, SHIPPED, "--home", tmp_path / "nothing-published")
