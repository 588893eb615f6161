"""What moved a rate: a change of who came (mix), or of how they answered (rate), value by value of each dimension."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

Parts = Mapping[str, tuple[float, float]]  # value of a dimension → (numerator, denominator)
_TOLD = 0.1  # of the whole change, for a part to be worth telling
_MOST = 5


@dataclass(frozen=True)
class Driver:
    """One value's share in the change of a rate, in the rate's own unit; of a count, the change itself."""

    dimension: str
    value: str
    mix_effect: float
    rate_effect: float

    @property
    def effect(self) -> float:
        """Both together."""
        return self.mix_effect + self.rate_effect

    def as_dict(self) -> dict[str, Any]:
        """For JSON, rounded to what anybody reads."""
        return {name: round(one, 6) if isinstance(one, float) else one for name, one in asdict(self).items()}


def decompose(dimension: str, before: Parts, after: Parts) -> list[Driver]:
    """Split the change of a rate over the values of a dimension; the effects add up to the change exactly.

    Symmetric, as Marshall and Edgeworth weigh: each value's change of rate at its mean share, and its change of share
    at how far its mean rate lies from the whole's. A value that is new, or gone, has its one rate on both sides.
    """
    whole_before, whole_after = (sum(part[1] for part in parts.values()) for parts in (before, after))
    if not whole_before or not whole_after:
        return []
    mean = (_rate(before) + _rate(after)) / 2
    found = []
    for value in sorted(before.keys() | after.keys()):
        (above0, below0), (above1, below1) = before.get(value, (0.0, 0.0)), after.get(value, (0.0, 0.0))
        share0, share1 = below0 / whole_before, below1 / whole_after
        if not below0 and not below1:
            continue
        rate0 = above0 / below0 if below0 else above1 / below1
        rate1 = above1 / below1 if below1 else rate0
        found.append(
            Driver(
                dimension,
                value,
                (share1 - share0) * ((rate0 + rate1) / 2 - mean),
                (share0 + share1) / 2 * (rate1 - rate0),
            )
        )
    return found


def change_of_counts(dimension: str, before: Mapping[str, float], after: Mapping[str, float]) -> list[Driver]:
    """The same for a count: each value's own change, as its rate effect."""
    return [
        Driver(dimension, value, 0.0, after.get(value, 0.0) - before.get(value, 0.0))
        for value in sorted(before.keys() | after.keys())
    ]


def strongest(drivers: list[Driver], change: float) -> list[Driver]:
    """The few that are worth telling: those that pull the way of the change, by a tenth of it or more, largest first.

    A dimension with one value only says nothing about what moved.
    """
    values: dict[str, int] = {}
    for driver in drivers:
        values[driver.dimension] = values.get(driver.dimension, 0) + 1
    told = [one for one in drivers if one.effect * change > 0 and abs(one.effect) >= _TOLD * abs(change)]
    told = [one for one in told if values[one.dimension] > 1]
    return sorted(told, key=lambda one: (-abs(one.effect), one.dimension, one.value))[:_MOST]


def _rate(parts: Parts) -> float:
    return sum(part[0] for part in parts.values()) / sum(part[1] for part in parts.values())
