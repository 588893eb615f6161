"""A turn at the live file: what a refresh keeps from one step to the next, as long as nobody waits for it.

To let go of the file writes a checkpoint, which takes the longer the more the file holds; to take it again reads anew
what the step before had read. A refresh has some sixty steps, most of them short.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb

from consent.errors import WarehouseError
from consent.warehouse import attached, hand_over, is_awaited

log = logging.getLogger(__name__)

_IDLE = 0.25  # seconds without a step, after which the file is let go of
_LONGEST = 2.0  # seconds after which it is let go of with the step under way, for who cannot say that they wait


class Turn:
    """The file attached to a connection from one step to the next.

    It is let go of as soon as a step has failed, or ends while another process waits, or ends after two seconds; and
    a quarter of a second after the last step.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, path: Path, *, lock_timeout: float = 120.0) -> None:
        self._connection, self._path, self._lock_timeout = connection, path, lock_timeout
        self._lock = threading.Lock()  # a step and the timer use one connection
        self._held: contextlib.AbstractContextManager[None] | None = None
        self._until = 0.0
        self._timer: threading.Timer | None = None

    @contextlib.contextmanager
    def step(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The connection with the file as its default database, for one step. Steps do not nest.

        Raises what consent.warehouse.attached raises.
        """
        with self._lock:
            self._forget_timer()
            if not self._held:
                held = attached(self._connection, self._path, lock_timeout=self._lock_timeout)
                held.__enter__()
                self._held, self._until = held, time.monotonic() + _LONGEST
            try:
                yield self._connection
            except BaseException as error:
                self._let_go(error)
                raise
            others_wait = is_awaited(self._path)
            if others_wait or time.monotonic() > self._until:
                self._let_go()
            else:
                self._timer = threading.Timer(_IDLE, self._on_time)
                self._timer.daemon = True
                self._timer.start()
        if others_wait:
            hand_over(self._path)

    def close(self) -> None:
        """Let go of the file, if it is held."""
        with self._lock:
            self._forget_timer()
            self._let_go()

    def _let_go(self, error: BaseException | None = None) -> None:
        held, self._held = self._held, None
        if held:
            held.__exit__(type(error) if error else None, error, error.__traceback__ if error else None)

    def _forget_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _on_time(self) -> None:
        try:
            self.close()
        except (duckdb.Error, WarehouseError) as error:  # what was committed is safe; the next step meets the same
            log.warning("letting go of the warehouse: %s", str(error).partition("\n")[0])
