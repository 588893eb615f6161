"""How sure a share is: Wilson's 95% score interval, which holds for few trials and for shares near 0 and 1.

E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), 209-212.
"""

from __future__ import annotations

from math import sqrt

_Z = 1.959963984540054  # the 97.5% quantile of the normal distribution

THIN = 100  # fewer trials than this make a share that means little


def interval(part: float | None, whole: float | None) -> tuple[float | None, float | None]:
    """The ends of the interval for `part` of `whole`; two None where there is no share: 0 or more than all."""
    if part is None or not whole or not 0 <= part <= whole:
        return None, None
    share, square = part / whole, _Z * _Z
    centre = share + square / (2 * whole)
    reach = _Z * sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    below = 1 + square / whole
    return max(0.0, (centre - reach) / below), min(1.0, (centre + reach) / below)
