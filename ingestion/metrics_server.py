"""The address where Prometheus and an orchestrator ask: `/metrics` and `/healthz`, on 127.0.0.1 alone."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType

from prometheus_client.exposition import choose_encoder

from consent.errors import ConsentError
from ingestion.metrics import Metrics

HOST = "127.0.0.1"


class MetricsServer:
    """A running server; `port` is where it listens. It holds no process back from ending.

    Raises ConsentError where the port is in use.
    """

    def __init__(self, metrics: Metrics, port: int) -> None:
        try:
            self._server = ThreadingHTTPServer((HOST, port), _handler(metrics))
        except OSError as error:
            raise ConsentError(
                f"{HOST}:{port}: cannot listen: {error.strerror}; set another CONSENT_INGEST_METRICS_PORT"
            ) from None
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> MetricsServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(metrics: Metrics, port: int) -> MetricsServer:
    """Answer for `metrics` on 127.0.0.1; port 0 takes a free one."""
    return MetricsServer(metrics, port)


def _handler(metrics: Metrics) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        server_version = "consent"
        sys_version = ""

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/metrics":
                encode, kind = choose_encoder(self.headers.get("Accept", ""))
                self._answer(200, kind, encode(metrics.registry))
            elif path == "/healthz":
                lives, health = metrics.health()
                self._answer(200 if lives else 503, "application/json", json.dumps(health).encode())
            else:
                self._answer(404, "text/plain; charset=utf-8", b"/metrics or /healthz\n")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Being asked is not news."""

    return Handler
