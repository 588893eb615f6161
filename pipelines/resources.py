"""The Dagster resource that gives steps the settings, and through them the warehouse for as long as they need it."""

import contextlib
from collections.abc import Iterator

import dagster as dg
import duckdb

from consent.settings import Settings
from consent.warehouse import open_warehouse


class WarehouseResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Opens the warehouse for one step and closes it whatever happens.

    Settings come from the environment at run time, unless the home and the policies folder are given.
    """

    home: str | None = None
    policies: str | None = None

    @property
    def settings(self) -> Settings:
        """The settings as they are now."""
        return Settings.load(home=self.home, policies=self.policies)

    @contextlib.contextmanager
    def open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection that is the only writer until it closes."""
        settings = self.settings
        with open_warehouse(settings.warehouse, lock_timeout=settings.lock_timeout) as connection:
            yield connection
