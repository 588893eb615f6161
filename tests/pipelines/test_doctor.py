"""The doctor: what it looks at, and what it says to do."""

from __future__ import annotations

import shutil
from collections import namedtuple
from datetime import datetime
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from consent.settings import Settings
from consent.warehouse import open_warehouse, swap_link
from ingestion.broker import broker_at_home
from ingestion.send import send_lines
from pipelines.cli import app
from pipelines.configured import MASK, configured
from pipelines.diagnosis import Diagnosis
from pipelines.doctor import examine
from tests.ingestion.events import encode, event
from tests.ingestion.quarantined import quarantined


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def found(settings: Settings) -> dict[str, Diagnosis]:
    return {diagnosis.subject: diagnosis for diagnosis in examine(settings)}


def test_a_new_home_fails_at_nothing_and_says_what_comes_next(settings: Settings) -> None:
    by_subject = found(settings)
    assert {subject: one.status for subject, one in by_subject.items()} == {
        "home": "ok",
        "disk": "ok",
        "policies": "ok",
        "warehouse": "warn",
        "snapshot": "warn",
        "dagster": "warn",
        "kafka": "warn",
    }
    assert all(one.advice for one in by_subject.values() if one.status != "ok")
    assert not settings.home.exists(), "looking makes nothing"


def test_with_a_broker_topic_retention_and_lag_are_told(settings: Settings) -> None:
    with broker_at_home(settings):
        for count in (8, 1):  # the embedded broker's end offset is short until another batch comes
            send_lines([encode(event())] * count, settings)
        with open_warehouse(settings.warehouse):
            pass
        by_subject = found(settings)
        assert {by_subject[name].status for name in ("kafka", "topic", "retention", "lag", "warehouse")} == {"ok"}
        assert "4 partitions" in by_subject["topic"].finding
        assert by_subject["lag"].finding == "9 records wait in Kafka"
        assert found(settings.model_copy(update={"ingest_lag_limit": 8}))["lag"].status == "warn"
        missing = found(settings.model_copy(update={"topic": "no.such.topic"}))["topic"]
        assert missing.status == "fail"
        assert "CONSENT_TOPIC" in missing.advice


def test_a_broker_that_is_not_there_is_a_failure(settings: Settings) -> None:
    down = settings.model_copy(update={"kafka_bootstrap_servers": "127.0.0.1:1", "kafka_timeout": 1.0})
    assert found(down)["kafka"].status == "fail"


def test_the_file_and_the_duckdb_that_reads_it_are_told(settings: Settings) -> None:
    quarantined(settings.warehouse, [b"x"])
    told = found(settings)["warehouse"]
    assert told.status == "ok"
    assert f"read by DuckDB {duckdb.__version__}" in told.finding
    settings.warehouse.write_bytes(b"hello" * 1000)
    assert found(settings)["warehouse"].status == "fail"


def test_an_old_snapshot_is_a_warning(settings: Settings) -> None:
    settings.home.mkdir()
    for published, status in ((datetime(2020, 1, 1), "warn"), (datetime.now(), "ok")):
        target = settings.home / f"{status}.duckdb"
        with duckdb.connect(str(target)) as connection:
            connection.execute(
                "create table meta as select ?::timestamp as as_of, ?::timestamp as published_at", [published] * 2
            )
        swap_link(settings.snapshot, target)
        assert found(settings)["snapshot"].status == status


def test_little_disk_is_a_warning_and_none_a_failure(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    for free, status in ((3 * 1024**3, "warn"), (1024, "fail")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage(10**12, 0, free))
        assert found(settings)["disk"].status == status


def test_a_home_that_is_not_writable_is_a_failure(settings: Settings) -> None:
    assert found(settings.model_copy(update={"home": Path("/proc/nowhere")}))["home"].status == "fail"


def test_a_wrong_policy_is_a_failure(settings: Settings, tmp_path: Path) -> None:
    broken = tmp_path / "policies"
    shutil.copytree(settings.policies, broken)
    (broken / "categories.yaml").write_text("nonsense: [")
    told = found(settings.model_copy(update={"policies": broken}))["policies"]
    assert told.status == "fail"
    assert "categories.yaml" in told.finding


def test_every_setting_is_shown_with_where_it_came_from(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "consent.toml").write_text('topic = "from.file"\nlock_timeout = 5')
    monkeypatch.setenv("CONSENT_LOCK_TIMEOUT", "6")
    shown = {
        one.name: (one.value, one.origin) for one in configured(Settings.load(home="h"), given=frozenset({"home"}))
    }
    assert set(shown) == set(Settings.model_fields)
    assert shown["home"] == ("h", "argument")
    assert shown["topic"] == ("from.file", "consent.toml")
    assert shown["lock_timeout"] == ("6.0", "environment, CONSENT_LOCK_TIMEOUT")
    assert shown["log_level"] == ("info", "default")
    assert shown["ingest_metrics_port"] == ("(unset)", "default")


def test_secrets_are_masked_and_the_command_ends_with_1_on_a_failure(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    for name, value in {
        "BOOTSTRAP_SERVERS": "127.0.0.1:1",
        "TIMEOUT": "1",
        "SECURITY_PROTOCOL": "SASL_PLAINTEXT",
        "SASL_MECHANISM": "PLAIN",
        "SASL_USERNAME": "somebody",
        "SASL_PASSWORD": "hunter2hunter2",
    }.items():
        monkeypatch.setenv(f"CONSENT_KAFKA_{name}", value)
    done = CliRunner().invoke(app, ["doctor", "--home", str(home)])
    assert done.exit_code == 1
    assert f"kafka_sasl_password = {MASK}  (environment, CONSENT_KAFKA_SASL_PASSWORD)" in done.output
    assert "hunter2" not in done.output
    assert "\nfail  kafka " in done.output
    assert all(line.split()[0] in ("ok", "warn", "fail") for line in done.output.splitlines())


def test_wrong_settings_are_a_failure_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONSENT_LOG_LEVEL", "loud")
    done = CliRunner().invoke(app, ["doctor"])
    assert done.exit_code == 1
    assert done.output.startswith("fail  settings   CONSENT_LOG_LEVEL")
