"""A real Apache Kafka on this machine for the length of a test session: one node, KRaft, no ZooKeeper.

Its jars come from Maven (`.ci/run` copies them into `.kafka/`); `CONSENT_TEST_KAFKA_JARS` names another folder.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent.parent
# Enough for tests, and quick to start.
JAVA = ("java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")

PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
listeners={listeners},CONTROLLER://{host}:{controller}
advertised.listeners={listeners}
listener.security.protocol.map={protocols},CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={logs}
# A typing error in a topic must not make one.
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# Test events carry old times: no deletion in the middle of a test.
log.retention.ms=-1
log.cleaner.backoff.ms=200
"""


def jars() -> Path | None:
    """The folder with Kafka's jars, or None where there is none."""
    folder = Path(os.environ.get("CONSENT_TEST_KAFKA_JARS") or ROOT / ".kafka")
    return folder if any(folder.glob("kafka_2.13-*.jar")) else None


def missing() -> str | None:
    """What a real Kafka needs and this machine lacks, in one line that says how to get it; None: nothing."""
    if not shutil.which("java"):
        return "no Java: `.ci/run` installs it (Debian: apt-get install openjdk-17-jre-headless)"
    if jars() is None:
        return "no Apache Kafka: `.ci/run` brings its jars, or CONSENT_TEST_KAFKA_JARS=<folder> says where they are"
    return None


class ApacheKafka:
    """A running broker; `bootstrap_servers` is its address. Its data lives in `folder`, and ends with it.

    `listeners` names more ways in, each with its security protocol; `addresses` says where they are. `properties` is
    what they need, and `scram` the credentials to begin with, as Kafka's own storage tool takes them.
    Raises RuntimeError with the end of the broker's log where it does not answer within `timeout` seconds.
    """

    def __init__(
        self,
        folder: Path,
        *,
        timeout: float = 90.0,
        listeners: Mapping[str, str] | None = None,
        properties: str = "",
        scram: Sequence[str] = (),
    ) -> None:
        protocols = {"PLAINTEXT": "PLAINTEXT"} | dict(listeners or {})
        controller, *ports = _free_ports(len(protocols) + 1)
        self.addresses = {name: f"{HOST}:{port}" for name, port in zip(protocols, ports, strict=True)}
        self.bootstrap_servers = self.addresses["PLAINTEXT"]
        self.port = ports[0]
        self._log = folder / "kafka.log"
        file = folder / "server.properties"
        text = PROPERTIES.format(
            host=HOST,
            listeners=",".join(f"{name}://{address}" for name, address in self.addresses.items()),
            protocols=",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
            controller=controller,
            logs=folder / "logs",
        )
        file.write_text(text + properties, encoding="utf-8")
        classpath = f"{jars()}/*"
        # Not any 16 bytes: an id that began with a hyphen would be taken for an option.
        cluster_id = urlsafe_b64encode(b"\0" + uuid.uuid4().bytes[1:]).decode().rstrip("=")
        credentials = [part for credential in scram for part in ("--add-scram", credential)]
        storage = ["kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", file, *credentials]
        subprocess.run([*JAVA, "-cp", classpath, *storage], check=True, capture_output=True)
        self._command = [*JAVA, "-cp", classpath, "kafka.Kafka", str(file)]
        self._timeout = timeout
        self.start()

    def start(self) -> None:
        """Start, or start again on the same data."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, cwd=self._log.parent
            )
        self._wait_until_it_answers(self._timeout)

    def kill(self) -> None:
        """End the broker without a warning; its data stays."""
        self._process.kill()
        self._process.wait()

    def _wait_until_it_answers(self, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._answers():
                return
            time.sleep(0.2)
        self.close()
        end = "\n".join(self._log.read_text(errors="replace").splitlines()[-20:])
        raise RuntimeError(f"Apache Kafka did not answer within {timeout:g} s; its log ends with:\n{end}")

    def _answers(self) -> bool:
        try:
            socket.create_connection((HOST, self.port), 0.5).close()
            admin = KafkaAdminClient(bootstrap_servers=self.bootstrap_servers, request_timeout_ms=5000)
        except (OSError, KafkaError):
            return False
        try:
            admin.list_topics()
        except KafkaError:
            return False
        finally:
            admin.close()
        return True

    def close(self) -> None:
        """Stop the broker and wait for its end."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> ApacheKafka:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return [int(one.getsockname()[1]) for one in sockets]
