"""How often one client may ask. Clients are told apart by a hash of their address that ends with the process.

The library `limits` was tried: its storage in memory grows with the clients, walks through all of them and starts a
thread up to a hundred times a second. This table has a fixed size, whoever asks.
"""

from __future__ import annotations

import ipaddress
import time
from array import array
from hashlib import blake2b
from secrets import token_bytes

_SLOTS = 65_536
_SECONDS = {"second": 1, "minute": 60, "hour": 3600}


class Limits:
    """A limit such as `600/minute` for each client, in fixed windows; two clients may share one of 65,536 slots."""

    def __init__(self, rate: str) -> None:
        most, _, unit = rate.partition("/")
        self._most, self.window = int(most), _SECONDS[unit]  # seconds after which asking again makes sense
        self._secret = token_bytes(16)
        self._counts = array("Q", bytes(8 * _SLOTS))
        self._until = time.monotonic() + self.window

    def passes(self, address: str) -> bool:
        """Count a request of this client; False: it asks too often."""
        now = time.monotonic()
        if now >= self._until:
            self._counts = array("Q", bytes(8 * _SLOTS))
            self._until = now + self.window
        hashed = blake2b(_holder(address).encode(), key=self._secret, digest_size=2).digest()
        slot = int.from_bytes(hashed, "big")
        self._counts[slot] += 1
        return self._counts[slot] <= self._most


def _holder(address: str) -> str:
    """What one holder of an address has: all of an IPv6 /64."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address, 64), strict=False))
    except ValueError:
        return address
