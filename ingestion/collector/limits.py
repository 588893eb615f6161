"""How often one client may ask. Clients are told apart by a hash of their address that ends with the process."""

from __future__ import annotations

import ipaddress
import time
from array import array
from hashlib import blake2b
from secrets import token_bytes

from limits import parse
from limits.storage import Storage
from limits.strategies import FixedWindowRateLimiter

_SLOTS = 65_536


class Limits:
    """A limit such as `600/minute` for each client; two may share a slot of 65,536, and with it a limit."""

    def __init__(self, rate: str) -> None:
        self._limit = parse(rate)
        self._limiter = FixedWindowRateLimiter(_Slots())
        self._secret = token_bytes(16)

    def passes(self, address: str) -> bool:
        """Count a request of this client; False: it asks too often."""
        hashed = blake2b(_holder(address).encode(), key=self._secret, digest_size=8).digest()
        return self._limiter.hit(self._limit, str(int.from_bytes(hashed, "big") % _SLOTS))

    @property
    def window(self) -> int:
        """Seconds after which asking again makes sense."""
        return self._limit.get_expiry()


def _holder(address: str) -> str:
    """What one holder of an address has: all of an IPv6 /64."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address, 64), strict=False))
    except ValueError:
        return address


class _Slots(Storage):
    """Counters of a fixed size. The library's own storage grows with the clients, and walks through all of them."""

    STORAGE_SCHEME = None

    def __init__(self) -> None:
        super().__init__()
        self.reset()
        self._until = 0.0

    @property
    def base_exceptions(self) -> type[Exception]:
        """None are raised."""
        return ValueError

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count; all counters start again together when a window ends."""
        now = time.monotonic()
        if now >= self._until:
            self.reset()
            self._until = now + expiry
        slot = int(key.rsplit("/", 4)[1])
        self._counts[slot] += amount
        return self._counts[slot]

    def get(self, key: str) -> int:
        """The count of a key."""
        return self._counts[int(key.rsplit("/", 4)[1])]

    def get_expiry(self, key: str) -> float:  # noqa: ARG002
        """When the window ends, Unix time."""
        return time.time() + self._until - time.monotonic()

    def check(self) -> bool:
        """Memory is there."""
        return True

    def reset(self) -> int | None:
        """Start again."""
        self._counts = array("L", bytes(8 * _SLOTS))
        return None

    def clear(self, key: str) -> None:
        """Start again for a key."""
        self._counts[int(key.rsplit("/", 4)[1])] = 0
