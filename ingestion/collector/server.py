"""Serving the collector with uvicorn."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable

import uvicorn

from consent.listening import listen, url
from consent.settings import Settings
from ingestion.collector.app import Collector
from ingestion.collector.connection import Connection

OnReady = Callable[[str], None]


def serve(settings: Settings, host: str = "127.0.0.1", port: int = 8060, on_ready: OnReady | None = None) -> None:
    """Serve until SIGINT or SIGTERM; port 0 takes a free one. `on_ready` gets the address once it answers.

    Raises ConsentError, before anything starts, if the address, the home or a setting cannot be used.
    """
    collector = Collector(settings)
    with listen(host, port) as listener:
        config = uvicorn.Config(
            collector.app,
            http=type("Limited", (Connection,), {"read_timeout": settings.collector_read_timeout}),
            ws="none",
            loop="uvloop",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,  # whom to believe is `clients`' matter
            limit_concurrency=settings.collector_max_connections,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=10,
            lifespan="on",
        )
        with contextlib.suppress(KeyboardInterrupt):
            _Server(config, url(listener), on_ready).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Uvicorn, with word of when it answers."""

    def __init__(self, config: uvicorn.Config, address: str, on_ready: OnReady | None) -> None:
        super().__init__(config)
        self._address, self._on_ready = address, on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        if self.started and self._on_ready is not None:
            self._on_ready(self._address)
