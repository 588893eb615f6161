"""Logs: one line per record, and no door for what must not be in them."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator

import pytest

from consent.errors import ConsentError
from consent.logs import configure, wants_json

SECRET = "subject-of-somebody"


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, sys.excepthook
    names = ("consent", "ingestion", "pipelines", "dashboards", "kafka", "dagster")
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook = hook
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


def logged(capsys: pytest.CaptureFixture[str]) -> str:
    """What came on standard error since the last call."""
    return capsys.readouterr().err


def test_json_is_one_object_per_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", json=True)
    logging.getLogger("ingestion.ingest").info("landed %d events", 3, extra={"partition": 1, "rows": 3})
    logging.getLogger("ingestion.ingest").debug("too fine")
    line = json.loads(logged(capsys))
    assert (line["event"], line["level"], line["logger"]) == ("landed 3 events", "info", "ingestion.ingest")
    assert (line["partition"], line["rows"]) == (1, 3)
    assert line["timestamp"].endswith("Z")


def test_text_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    configure("warning", json=False)
    logging.getLogger("ingestion.ingest").warning("broker gone", extra={"partition": 1})
    assert "[warning] broker gone [ingestion.ingest] partition=1" in logged(capsys)


@pytest.mark.parametrize("as_json", [True, False])
def test_a_field_that_is_not_named_is_dropped(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    configure("debug", json=as_json)
    logging.getLogger("consent.x").error("odd", extra={"subject": SECRET, "value": SECRET, "key": SECRET})
    text = logged(capsys)
    assert "odd" in text
    assert SECRET not in text


@pytest.mark.parametrize("as_json", [True, False])
def test_of_an_exception_only_type_and_place_are_kept(capsys: pytest.CaptureFixture[str], as_json: bool) -> None:
    configure("debug", json=as_json)
    try:
        int(SECRET)
    except ValueError:
        logging.getLogger("consent.x").exception("failed")
    text = logged(capsys)
    assert "ValueError" in text
    assert "test_logs.py" in text
    assert SECRET not in text


def test_our_own_errors_keep_their_text(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", json=True)
    try:
        raise ConsentError("what to do")
    except ConsentError:
        logging.getLogger("consent.x").exception("failed")
    assert json.loads(logged(capsys))["error_text"] == "what to do"


def test_an_error_nobody_caught_is_a_line_too(capsys: pytest.CaptureFixture[str]) -> None:
    configure("info", json=True)
    try:
        int(SECRET)
    except ValueError as error:
        sys.excepthook(ValueError, error, error.__traceback__)
    text = logged(capsys)
    assert (json.loads(text)["level"], json.loads(text)["error"]) == ("critical", "builtins.ValueError")
    assert SECRET not in text


def test_others_are_heard_from_warning_on_and_kafka_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    configure("debug", json=True)
    logging.getLogger("urllib3").debug(SECRET)
    logging.getLogger("kafka.conn").error(SECRET)
    logging.getLogger("confluent").info(SECRET)
    assert logged(capsys) == ""


def test_auto_is_json_unless_somebody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wants_json("auto")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert not wants_json("auto")
    assert wants_json("json")
    assert not wants_json("text")
