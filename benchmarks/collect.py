"""What the collector takes on one core, with acks=all: `python -m benchmarks.collect [--client librdkafka]`.

    single   one event in each request, as a page sends them: as many as it takes, from 64 connections
    half     the same at half that rate: here the latencies count
    batch    50 events in each request, as a server or an app sends them

wrk asks, from the loopback, on another core than the collector's, which it shares with Apache Kafka. CPU seconds and
peak memory are the collector's own. Each run ends by comparing what was acknowledged with what Kafka has. Ends with 1
where they differ, or where a request failed.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from consent.settings import Settings
from ingestion.cluster import describe_cluster
from ingestion.topics import ensure_topic
from tests.kafka.cluster import ApacheKafka

TOPIC = "bench"
PARTITIONS = 4
BATCH = 50
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
EVENT = {
    "schema_version": 1,
    "event_id": "%s",
    "kind": "decision",
    "occurred_at": "2026-11-01T12:00:00.000Z",
    "site": "shop",
    "platform": "web",
    "language": "nb-NO",
    "subject": "%s",
    "prompt_id": "b2f0a1c49d6e4f0b8a17",
    "banner": {"id": "main", "version": "2026-10", "variant": "a"},
    "action": "save",
    "surface": "banner",
    "categories": {"necessary": True, "functionality": True, "performance": True, "marketing": False},
    "decision_ms": 2480,
    "source": {"cmp": "own", "version": "1"},
}
# Each request differs, as those of visitors do; 2,000 bodies are made before the clock starts.
LUA = """
local thread = 0
function setup(t) t:set("number", thread) thread = thread + 1 end
local bodies = {}
local at = 0
local function hex(n) local s = "" for i = 1, n do s = s .. string.format("%%x", math.random(0, 15)) end return s end
function init()
  math.randomseed(number + 1)
  for i = 1, %(bodies)d do
    local events = {}
    for j = 1, %(batch)d do
      local id = hex(8) .. "-" .. hex(4) .. "-4" .. hex(3) .. "-8" .. hex(3) .. "-" .. hex(12)
      events[j] = string.format([==[%(event)s]==], id, hex(24))
    end
    local body = %(batch)d == 1 and events[1] or "[" .. table.concat(events, ",") .. "]"
    bodies[i] = wrk.format("POST", "/v1/events", {["Content-Type"] = "text/plain;charset=UTF-8",
      ["Origin"] = "https://shop.example", ["User-Agent"] = "%(agent)s"}, body)
  end
end
function request() at = at %% #bodies + 1 return bodies[at] end
local pause = %(pause)d
if pause > 0 then
  function delay() return math.random(0, 2 * pause) end
end
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('RESULT {"requests": %%d, "us": %%d, "failed": %%d, "p50": %%f, "p99": %%f, "most": %%f}\\n',
    summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency.max / 1000))
end
"""


@dataclass
class Running:
    """A collector that answers."""

    address: str
    pid: int

    def cpu(self) -> float:
        """Seconds it has computed."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak(self) -> float:
        """Megabytes at most."""
        return int(Path(f"/proc/{self.pid}/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024

    def accepted(self) -> int:
        """Events it has acknowledged."""
        with urlopen(f"{self.address}metrics") as answer:
            return int(float(re.search(rb"accepted_total ([\d.]+)", answer.read())[1]))  # type: ignore[index]


@contextmanager
def collector(home: Path, servers: str, client: str, core: int) -> Iterator[Running]:
    environment = os.environ | {
        "CONSENT_HOME": str(home),
        "CONSENT_KAFKA_BOOTSTRAP_SERVERS": servers,
        "CONSENT_KAFKA_CLIENT": client,
        "CONSENT_TOPIC": TOPIC,
        "CONSENT_COLLECTOR_RATE": "100000000/hour",
    }
    command = ["taskset", "-c", str(core), sys.executable, "-c", "from pipelines.cli import main; main()"]
    process = subprocess.Popen([*command, "collect", "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        found = re.search(r"(http://\S+/)v1/events", process.stdout.readline())
        assert found, "the collector did not start"
        yield Running(found[1], process.pid)
    finally:
        process.terminate()
        process.wait(30)


def ask(
    address: str, folder: Path, *, seconds: int, connections: int, batch: int = 1, pause: int = 0
) -> dict[str, float]:
    """Let wrk ask; `pause` is the mean number of milliseconds a connection waits between two requests."""
    script = folder / "ask.lua"
    event = json.dumps(EVENT, separators=(",", ":"))
    bodies = 2000 if batch == 1 else 100
    script.write_text(LUA % {"bodies": bodies, "batch": batch, "event": event, "agent": AGENT, "pause": pause})
    command = [
        "taskset",
        "-c",
        "1",
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--timeout",
        "10s",
        "-s",
        script,
    ]
    done = subprocess.run([*command, "-s", script, address], check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout.partition("RESULT ")[2]))


def main() -> None:
    """Run each case and print one line for it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--client", choices=["kafka-python", "librdkafka"], default="kafka-python")
    given = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is missing (Debian: apt-get install wrk)")
    problems = []
    with tempfile.TemporaryDirectory() as name, ApacheKafka(Path(name)) as kafka:
        folder = Path(name)
        ensure_topic(kafka.bootstrap_servers, TOPIC, partitions=PARTITIONS, timeout=20)
        settings = Settings.load(kafka_bootstrap_servers=kafka.bootstrap_servers, topic=TOPIC)
        with collector(folder / "home", kafka.bootstrap_servers, given.client, 0) as running:
            ask(running.address, folder, seconds=3, connections=64)  # Java compiles, connections open
            print(f"{given.client}, {len(json.dumps(EVENT))} bytes an event, acks=all, collector on one core")
            print(
                f"{'case':8}{'events/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}{'CPU s':>8}{'of core':>9}{'MB':>6}"
            )
            rate = 0.0
            for case in ("single", "half", "batch"):
                batch = BATCH if case == "batch" else 1
                connections = {"single": 64, "half": 200, "batch": 8}[case]
                pause = round(1000 * connections / (rate / 2)) if case == "half" else 0
                cpu = running.cpu()
                found = ask(
                    running.address, folder, seconds=given.seconds, connections=connections, batch=batch, pause=pause
                )
                cpu = running.cpu() - cpu
                seconds = found["us"] / 1e6
                per_second = found["requests"] * batch / seconds
                rate = rate or per_second
                print(
                    f"{case:8}{per_second:>9,.0f}{found['p50']:>9.1f}{found['p99']:>9.1f}{found['most']:>9.1f}"
                    f"{cpu:>9.1f}{cpu / seconds:>9.0%}{running.peak():>9.0f}",
                    flush=True,
                )
                if found["failed"]:
                    problems.append(f"{case}: {found['failed']:.0f} requests failed")
            accepted = stored = 0
            for _ in range(50):  # wrk hangs up in the middle of its last requests
                accepted, stored = running.accepted(), sum(describe_cluster(settings).end.values())
                if accepted == stored:
                    break
                time.sleep(0.1)
            print(f"acknowledged {accepted:,}, in Kafka {stored:,}")
            if accepted != stored:
                problems.append("Kafka has another number of events than were acknowledged")
    sys.exit("\n".join(problems) or 0)


if __name__ == "__main__":
    main()
