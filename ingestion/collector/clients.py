"""The address a request comes from, behind proxies of ours or not. It stays in memory and goes no further."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping


class Clients:
    """Knows which networks are our own proxies'."""

    def __init__(self, proxies: Iterable[str]) -> None:
        self._proxies = [ipaddress.ip_network(proxy) for proxy in proxies]

    def of(self, peer: str, headers: Mapping[bytes, bytes]) -> tuple[str, bool]:
        """The client's address, and whether a proxy of ours passed it on.

        `X-Forwarded-For` is read from its end, where the nearest proxy wrote; the first that is not ours is the
        client, and what stands before it anyone may have made up.
        """
        if not self._proxies or not self._is_ours(peer):
            return peer, False
        for hop in reversed(headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")):
            if (address := hop.strip()) and not self._is_ours(address):
                return address, True
        return peer, True

    def _is_ours(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._proxies)
