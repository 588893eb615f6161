"""Recognizing good records with compiled code, where Numba is installed; the SQL does it where not."""

from __future__ import annotations

import logging
import sys
import time
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.recognizer.columns import Recognizer

log = logging.getLogger(__name__)

_WORTH_TELLING_SECONDS = 5


@cache
def recognizer() -> Recognizer | None:
    """The process's one, or None without the extra `compiled` (`make install-compiled`)."""
    if find_spec("numba") is None or sys.byteorder != "little":  # as it takes eight bytes for a number
        return None
    from ingestion.recognizer.columns import Recognizer

    started = time.monotonic()
    made = Recognizer()
    seconds = time.monotonic() - started
    if seconds > _WORTH_TELLING_SECONDS:
        log.info("compiled the reading of records in %.0f s; the next start finds it", seconds)
    return made
