"""The population as one stream of records, and the exact numbers of what was planted in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import accumulate
from math import exp
from random import Random

from pipelines.population import malformed
from pipelines.population.devices import World
from pipelines.population.plants import PLANTS
from pipelines.population.timeline import Record, Timeline
from pipelines.population.violations import Violations
from pipelines.population.visitors import WEEKDAYS, Visitors, longest_journey

DAYS = 90
MINIMUM_EVENTS = 1000
EVENTS_PER_SETTLED = 100
MALFORMED_PER_EVENT = 1 / 1000
_EPOCH, _ONE_MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
# Events of a first visit and of all later ones, on average: visitors of the last days have no time to come back.
_FIRST_VISIT, _LATER_VISITS, _BACK_WITHIN_DAYS = 2.0, 1.5, 10


@dataclass(frozen=True)
class Planted:
    """What is in the records besides honest behaviour: nothing of it may get lost, and nothing else be found.

    Of the `events` (valid and distinct), `bots`, `clock_skewed` and `late` are parts. `duplicates` and `malformed`
    (by what the decoder's reason must begin with: code and field) come on top. `findings` holds the occurrences
    by (rule_id, site, jurisdiction, item), from events alone: what a policy declares is not the population's.
    """

    events: int
    duplicates: int
    bots: int
    clock_skewed: int
    late: int
    malformed: Mapping[str, int]
    findings: Mapping[tuple[str, str, str, str], int]

    @property
    def records(self) -> int:
        """All Kafka records."""
        return self.events + self.duplicates + sum(self.malformed.values())


class Population:
    """`events` valid distinct events of the 90 days that end at `end`, the same bytes for the same arguments.

    Visitors arrive by the rhythm of week and day, and come back. Consents from before the 90 days are there
    only where a rule needs them, and come first.
    Raises ValueError if `events` is below MINIMUM_EVENTS, or `end` is not a midnight in UTC.
    """

    def __init__(self, events: int, seed: int, end: datetime) -> None:
        if events < MINIMUM_EVENTS:
            raise ValueError(f"events: expected at least {MINIMUM_EVENTS}, came {events}")
        if end.utcoffset() != timedelta(0) or end.time() != time.min:
            raise ValueError(f"end: expected a midnight in UTC, came {end.isoformat()}")
        self.events, self.seed, self.end = events, seed, end
        self.start = end - timedelta(days=DAYS)
        self._planted: Planted | None = None

    @property
    def planted(self) -> Planted:
        """The numbers; RuntimeError before `records` has come to its end."""
        if self._planted is None:
            raise RuntimeError("the numbers are known once all records have been read")
        return self._planted

    def records(self) -> Iterator[Record]:
        """Every record, by time of receipt; memory holds those of visitors who are still to come back."""
        timeline = Timeline((self.start - _EPOCH) // _ONE_MS, (self.end - _EPOCH) // _ONE_MS)
        world = World(Random(self.seed), timeline)  # noqa: S311 (chance that repeats is the point)
        visitors = Visitors(world)
        Violations(world, visitors).commit(self.events, PLANTS)
        visitors.settle(self.events // EVENTS_PER_SETTLED)
        broken = malformed.write(world, visitors, max(len(malformed.MAKERS), int(self.events * MALFORMED_PER_EVENT)))
        yield from timeline.history()
        for day, quota in enumerate(self._quotas(world.events)):
            longest = longest_journey(DAYS - 1 - day)
            while world.events < quota:
                if self.events - world.events > longest:
                    visitors.arrive(day)
                else:
                    visitors.glance(day)
            yield from timeline.day(day)
        self._planted = Planted(
            world.events,
            world.duplicates,
            world.bots,
            world.clock_skewed,
            world.late,
            dict(broken),
            dict(world.findings),
        )

    def _quotas(self, planted: int) -> list[int]:
        """How many events there must be once the visitors of each day have arrived."""
        weights = [
            WEEKDAYS[(self.start + timedelta(days=day)).weekday()]
            * (_FIRST_VISIT + _LATER_VISITS * (1 - exp(-(DAYS - day) / _BACK_WITHIN_DAYS)))
            for day in range(DAYS)
        ]
        honest, total = self.events - planted, sum(weights)
        return [planted + round(honest * part / total) for part in accumulate(weights)]
