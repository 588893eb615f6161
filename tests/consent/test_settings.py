"""Settings: where they come from, and what a wrong one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from consent.errors import SettingsError
from consent.settings import Settings


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("CONSENT_HOME", raising=False)


def test_arguments_win_over_the_environment_and_that_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "consent.toml").write_text('topic = "from.file"\nhome = "file-home"\nlock_timeout = 5')
    monkeypatch.setenv("CONSENT_HOME", "env-home")
    settings = Settings.load()
    assert (settings.topic, settings.home, settings.lock_timeout) == ("from.file", Path("env-home"), 5)
    assert Settings.load(home=Path("argument")).home == Path("argument")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("CONSENT_INGEST_MAX_LATENCY", "soon", r"CONSENT_INGEST_MAX_LATENCY: .*valid number.*'soon'"),
        ("CONSENT_INGEST_BATCH_ROWS", "0", r"CONSENT_INGEST_BATCH_ROWS: .*greater than or equal to 1"),
        ("CONSENT_LOG_LEVEL", "loud", r"CONSENT_LOG_LEVEL: .*'debug', 'info', 'warning' or 'error'"),
    ],
)
def test_a_wrong_value_is_named_with_what_is_allowed(
    name: str, value: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=message):
        Settings.load()


def test_an_unknown_name_in_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "consent.toml").write_text('tpoic = "x"')
    with pytest.raises(SettingsError, match="TPOIC"):
        Settings.load()


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "consent.toml").write_text("topic =")
    with pytest.raises(SettingsError, match=r"consent\.toml"):
        Settings.load()
