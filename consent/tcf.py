"""IAB TCF consent strings, versions 2.0 to 2.3: what the core segment says, and which segments follow it.

Layout: IAB Tech Lab, «Consent string and vendor list formats v2», core string and disclosed vendors. Python has no
decoder that is kept up, so this one is ours, and held by vectors that the IAB Tech Lab's own encoder made.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from consent.bits import Bits, NotBits

_VERSION = 2
_DISCLOSED_VENDORS = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Purposes of TCF 2.2 and 2.3 (policy 4 and 5) → the category of ours that needs every one of them. Purpose 1 (to store
# and read at all) is a condition of all three, and decides none alone.
CATEGORY_PURPOSES: dict[str, tuple[int, ...]] = {
    "functionality": (1, 5, 6, 11),
    "performance": (1, 8, 9, 10),
    "marketing": (1, 2, 3, 4, 7),
}


class NotTcString(ValueError):
    """The text is no TC string of version 2; says what was expected, and never holds the text."""


@dataclass(frozen=True)
class TcString:
    """What a TC string says. Times are UTC; purposes, special features and vendors are numbers of the IAB's lists."""

    created: datetime
    last_updated: datetime
    cmp_id: int
    cmp_version: int
    consent_screen: int
    consent_language: str
    vendor_list_version: int
    policy_version: int
    is_service_specific: bool
    special_features: frozenset[int]
    purposes: frozenset[int]
    legitimate_interests: frozenset[int]
    publisher_country: str
    vendors: frozenset[int]
    disclosed: frozenset[int] | None  # None: the segment that TCF 2.3 requires is missing

    @property
    def categories(self) -> dict[str, bool]:
        """The canonical categories it grants, by CATEGORY_PURPOSES: each only where all its purposes are granted.

        A purpose under legitimate interest is no consent, and does not count. Purpose 11 came with TCF 2.2: a string
        of an older policy is not asked for it.
        """
        known = 10 if self.policy_version < 4 else 11
        return {"necessary": True} | {
            category: all(purpose in self.purposes for purpose in purposes if purpose <= known)
            for category, purposes in CATEGORY_PURPOSES.items()
        }


def decode(text: str) -> TcString:
    """Read a TC string. Raises NotTcString."""
    core, *others = text.split(".")
    try:
        return _core(Bits(core), _disclosed(others))
    except NotBits as error:
        raise NotTcString(f"expected a TC string of version 2: {error}") from None
    except OverflowError:
        raise NotTcString("expected a TC string of version 2: its times are out of range") from None


def _core(bits: Bits, disclosed: frozenset[int] | None) -> TcString:
    version = bits.take(6)
    if version != _VERSION:
        raise NotTcString(f"expected a TC string of version {_VERSION}, came version {version}")
    created, last_updated = _moment(bits), _moment(bits)
    cmp_id, cmp_version, screen = bits.take(12), bits.take(12), bits.take(6)
    language, vendor_list, policy = bits.letters(2), bits.take(12), bits.take(6)
    is_service_specific = bits.flag()
    bits.flag()  # non-standard texts
    special_features, purposes, interests = bits.members(12), bits.members(24), bits.members(24)
    bits.flag()  # purpose one treatment
    return TcString(
        created=created,
        last_updated=last_updated,
        cmp_id=cmp_id,
        cmp_version=cmp_version,
        consent_screen=screen,
        consent_language=language,
        vendor_list_version=vendor_list,
        policy_version=policy,
        is_service_specific=is_service_specific,
        special_features=special_features,
        purposes=purposes,
        legitimate_interests=interests,
        publisher_country=bits.letters(2),
        vendors=_vendors(bits),
        disclosed=disclosed,
    )


def _moment(bits: Bits) -> datetime:
    return _EPOCH + timedelta(milliseconds=100 * bits.take(36))  # the field counts tenths of a second


def _disclosed(segments: list[str]) -> frozenset[int] | None:
    for segment in segments:
        bits = Bits(segment)
        if bits.take(3) == _DISCLOSED_VENDORS:
            return _vendors(bits)
    return None


def _vendors(bits: Bits) -> frozenset[int]:
    most = bits.take(16)
    if not bits.flag():
        return bits.members(most)
    found: set[int] = set()
    reached = 0
    for _ in range(bits.take(12)):
        is_range = bits.flag()
        first = bits.take(16)
        last = bits.take(16) if is_range else first
        if first <= reached or last < first or last > most:  # in order, which also bounds the work
            raise NotBits("its vendor ranges are out of order")
        found.update(range(first, last + 1))
        reached = last
    return frozenset(found)
