"""The Dagster resource that gives steps the settings, and through them the warehouse for as long as they need it."""

import contextlib
from collections.abc import Iterator

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from consent.errors import RefreshFailed
from consent.settings import Settings
from consent.turn import Turn
from consent.warehouse import bounded, in_utc, open_warehouse

RUN = dg.AssetKey(["staging", "run"])


class WarehouseResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Opens the warehouse for one step and closes it whatever happens.

    Settings come from the environment at run time, unless the home and the policies folder are given. They are read
    once for a run, and one DuckDB serves all its steps, which share turns at the file.
    """

    home: str | None = None
    policies: str | None = None

    _settings: Settings | None = PrivateAttr(default=None)
    _turn: Turn | None = PrivateAttr(default=None)

    @contextlib.contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["WarehouseResource"]:  # noqa: ARG002
        """What the steps of one process share."""
        settings = self.settings
        with contextlib.closing(in_utc(duckdb.connect())) as connection:
            bounded(connection, settings.refresh_memory, settings.warehouse)
            turn = Turn(connection, settings.warehouse, lock_timeout=settings.lock_timeout)
            self._settings, self._turn = settings, turn
            try:
                with contextlib.closing(turn):
                    yield self
            finally:
                self._settings = self._turn = None

    @property
    def settings(self) -> Settings:
        """The settings as they were when the run began, outside of a run as they are now."""
        return self._settings or Settings.load(home=self.home, policies=self.policies)

    @contextlib.contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that is the only writer until it closes."""
        settings = self.settings
        turn = self._turn.step() if self._turn else None
        with turn or open_warehouse(settings.warehouse, lock_timeout=settings.lock_timeout) as connection:
            yield connection

    @contextlib.contextmanager
    def open_for(self, context: dg.AssetExecutionContext) -> Iterator[duckdb.DuckDBPyConnection]:
        """The same, for a step of a refresh that is still the one whose models are being built.

        The one that began last goes on. Raises RefreshFailed in the others, before they mix two as-of times.
        A step that is run by itself, without the run asset, takes what is there.
        """
        with self.open() as connection:
            selected = context.run.asset_selection  # empty for the whole job
            if not selected or RUN in selected:
                current = connection.execute("select run_id from staging.run").fetchall()
                if current != [(context.run.run_id,)]:
                    raise RefreshFailed("another refresh has begun since, and goes on; this one ends here")
            yield connection
