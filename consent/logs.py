"""Logs: one JSON object per line for machines, plain lines for people, both on standard error.

What is logged are the modules' own messages, which never hold a payload or a person's identifier. Two doors through
which one could slip in are shut here: fields that are not named below are dropped, and of an exception only its type
and where it was raised are kept, since the text of a library's error may quote a value (a ConsentError's never does).
Other libraries are heard from WARNING on, whatever the level: at DEBUG a Kafka client writes out what it sends.
"""

from __future__ import annotations

import logging
import sys
import traceback
from types import TracebackType
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor

from consent.errors import ConsentError

Level = Literal["debug", "info", "warning", "error"]

OURS = ("consent", "ingestion", "pipelines", "dashboards")
# What of theirs matters comes as an error of ours.
SILENT = ("kafka", "dagster", "apprise")
FIELDS = frozenset(
    {"topic", "partition", "offset", "first", "next", "rows", "accepted", "quarantined", "batches", "seconds", "size",
     "reason", "lag", "client", "group", "stage", "attempt", "path", "cause"}
)  # fmt: skip


def configure(level: Level, *, json: bool) -> None:
    """Send every log record of this process to standard error, ours from `level` on, in one form."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(allow=FIELDS),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_values,
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer()
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0, pad_level=False)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level.upper())
    for name in SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if json:
        sys.excepthook = _log_uncaught


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Python would print the error's text, and with it perhaps a value, into lines that are not JSON."""
    logging.getLogger("consent").critical("ended by an error", exc_info=(kind, error, trace))


def wants_json(log_format: Literal["auto", "json", "text"]) -> bool:
    """Whether the setting `log_format` means JSON here: `auto` does where standard error is no terminal."""
    return log_format == "json" or (log_format == "auto" and not sys.stderr.isatty())


def _without_values(_: Any, __: str, fields: EventDict) -> EventDict:
    """Replace an exception by its type, where it was raised, and its text only if it is one of ours."""
    raised = fields.pop("exc_info", None)
    if raised is True:
        raised = sys.exc_info()
    error = raised[1] if isinstance(raised, tuple) else raised
    if isinstance(error, BaseException):
        fields["error"] = f"{type(error).__module__}.{type(error).__qualname__}"
        if isinstance(error, ConsentError):
            fields["error_text"] = str(error)
        frames = traceback.extract_tb(error.__traceback__)
        fields["raised_at"] = " < ".join(
            f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in reversed(frames)
        )
    fields.pop("stack_info", None)
    return fields
