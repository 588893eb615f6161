"""What a page is: an address, a template, the filters it takes, and how it is filled from the snapshot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import QueryParams

from consent.acknowledgements import Acknowledgement
from consent.settings import Settings
from dashboards.access.visitors import Visitor
from dashboards.charts import Chart
from dashboards.filters import Filters
from dashboards.queries import Snapshot


@dataclass(frozen=True)
class Asked:
    """What a page is made from: one snapshot, the filters in the address, who asks, and what was answered since."""

    snapshot: Snapshot
    filters: Filters
    query: QueryParams
    path: Mapping[str, str]
    visitor: Visitor
    settings: Settings
    acknowledged: Mapping[str, Acknowledgement] = field(default_factory=dict)


@dataclass(frozen=True)
class Built:
    """What the template gets, and the charts on the page by name: each can be downloaded as a file of its own."""

    context: Mapping[str, Any]
    charts: Mapping[str, Chart] = field(default_factory=dict)


Choices = Mapping[str, Any]  # values of a filter by its name; "names of <filter>" maps them to what people read


@dataclass(frozen=True)
class Page:
    """One page. `needs` are relations without which it only says that they are missing.

    `choices` adds values that its filters can take. A page with `fresh` is made anew for each request.
    """

    name: str
    path: str
    fields: tuple[str, ...]
    build: Callable[[Asked], Built]
    needs: tuple[str, ...] = ()
    choices: Callable[[Snapshot, Settings], Choices] | None = None
    fresh: Callable[[Visitor], bool] = lambda _: False

    @property
    def template(self) -> str:
        """The file in `templates/`."""
        return f"{self.name}.html"
