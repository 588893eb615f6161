"""What analysts read: frames, metrics and documented columns of the published snapshot."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from consent import open_snapshot
from consent.errors import ConsentError, SnapshotMissing
from consent.models import SQL, statements
from consent.policy_files import read
from consent.settings import ROOT
from consent.snapshot import Snapshot, description
from pipelines.cli import app
from tests.dashboards.published import home as published_home
from tests.sql.build import warehouse


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published_home(tmp_path_factory.mktemp("home"))


@pytest.fixture
def snapshot(home: Path) -> Iterator[Snapshot]:
    with open_snapshot(home) as opened:
        yield opened


def test_importing_it_is_light() -> None:
    heavy = ["duckdb", "pandas", "dagster", "kafka", "statsmodels", "pydantic"]
    script = f"import sys, consent; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_relation_is_a_frame(snapshot: Snapshot) -> None:
    frame = snapshot.frame("opt_in_daily", where={"site": "a.example", "category": "marketing"})
    assert len(frame) == 14
    assert list(frame["granted"][:2]) == [30, 30]
    assert "findings" in snapshot.relations
    assert str(snapshot.as_of) == "2026-11-16 00:00:00"


def test_a_metric_is_sums_over_sums_at_any_grain(snapshot: Snapshot) -> None:
    weekly = snapshot.metric("opt_in_rate", by=["site"], grain="week", where={"category": "marketing"})
    ours = weekly[weekly["site"] == "a.example"]
    assert list(ours["opt_in_rate"]) == [0.3, 0.4]
    assert list(ours["numerator"]) == [210, 280]
    assert list(ours["denominator"]) == [700, 700]
    assert weekly[weekly["site"] == "gap.example"]["opt_in_rate"].isna().all()
    day = snapshot.metric(
        "interaction_rate", where={"site": "a.example"}, start=date(2026, 11, 9), end=date(2026, 11, 9)
    )
    assert (day["numerator"][0], day["denominator"][0], day["interaction_rate"][0]) == (60, 100, 0.6)
    assert snapshot.dimensions("opt_in_rate")[-1] == "category"


def test_nothing_can_be_written(snapshot: Snapshot) -> None:
    with pytest.raises(Exception, match="read-only"):
        snapshot.connection.execute("create table x (y int)")


def test_what_is_not_there_is_named_with_what_is(snapshot: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(
        ConsentError, match=r"no relation 'optin_daily' \(did you mean 'opt_in_daily'\?\); expected one of"
    ):
        snapshot.frame("optin_daily")
    with pytest.raises(
        ConsentError, match=r"prompts_daily has no column 'sit' \(did you mean 'site'\?\); expected one of date"
    ):
        snapshot.frame("prompts_daily", where={"sit": "x"})
    with pytest.raises(ConsentError, match="no metric 'rate'"):
        snapshot.metric("rate")
    with pytest.raises(ConsentError, match="shown has no dimension 'category'"):
        snapshot.metric("shown", by=["category"])
    with pytest.raises(SnapshotMissing, match="consent refresh"):
        open_snapshot(tmp_path)


def test_columns_are_documented(snapshot: Snapshot) -> None:
    found = snapshot.columns("findings")
    assert list(found.columns) == ["name", "type", "description"]
    assert found["description"][0].startswith("Id of the finding")
    assert description("findings", "kind") != description("alerts", "kind")


def test_every_column_of_every_published_relation_is_described_and_no_other() -> None:
    with warehouse([], datetime(2026, 11, 16)) as built:
        marts = {mart.name: built.table(f"marts.{mart.name}").columns for mart in statements("marts")}
    marts["meta"] += ["published_at", "product_version"]  # known only once it is published
    named = {f"{mart}.{column}" for mart, columns in marts.items() for column in columns}
    assert [name for name in sorted(named) if not description(*name.split("."))] == []
    written = {str(name) for name in read(SQL / "columns.yaml").values}
    assert written - named - {column for columns in marts.values() for column in columns} == set()


@pytest.mark.parametrize("output", ["csv", "parquet"])
def test_everything_can_be_exported(home: Path, tmp_path: Path, output: str) -> None:
    folder = tmp_path / "new" / "folder"
    done = CliRunner().invoke(app, ["export", "--all", "--format", output, "-o", str(folder), "--home", str(home)])
    assert done.exit_code == 0, done.output
    with open_snapshot(home) as opened:
        assert {path.stem for path in folder.iterdir()} == set(opened.relations)
        rows = opened.connection.execute(f"select count(*) from '{folder}/opt_in_daily.{output}'").fetchall()
        assert rows == [(len(opened.frame("opt_in_daily")),)]


def test_export_wants_one_or_all(home: Path) -> None:
    for arguments in ([], ["opt_in_daily", "--all", "-o", "x"], ["--all"]):
        done = CliRunner().invoke(app, ["export", *arguments, "--home", str(home)])
        assert "name one relation, or give --all" in str(done.exception)


@pytest.mark.filterwarnings("default")
def test_the_notebook_runs(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("CONSENT_HOME", str(home))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    notebook = nbformat.read(ROOT / "docs" / "analysis.ipynb", as_version=4)
    assert all(cell.get("outputs", []) == [] for cell in notebook.cells), "outputs are not committed"
    NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}).execute()
    texts = [
        str(output.get("data", {}).get("text/plain", ""))
        for cell in notebook.cells
        for output in cell.get("outputs", [])
    ]
    assert any("a.example" in text and "0.35" in text for text in texts)
