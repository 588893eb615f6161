"""What a refresh costs on a short and on a long history: `python -m benchmarks.refresh`.

Builds a history of events in SQL straight into raw.events (new subjects every day, most seen again within days and some
for weeks; some late, some duplicate), then measures the models of a full rebuild, and of a refresh after more events
have landed, both with publishing the snapshot; and, on each of five days with as many again, the command
`consent refresh` with Dagster and all there is to it. Prints seconds, CPU seconds, peak memory and the dearest models,
and how many times the CPU seconds of each shorter history the longest takes: of the same traffic a week long, where
only the length differs, and of a year of less traffic, where each day that a late event changes has fewer events too.
Ends non-zero where a refresh has left a record out.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

import duckdb

from consent.build import build
from consent.changes import begin, claim, finish
from consent.models import all_models
from consent.policies import Registry
from consent.settings import ROOT, Settings
from consent.turn import Turn
from consent.warehouse import bounded, in_utc, open_warehouse
from pipelines.publish import publish

DAYS = 5
END = datetime(2026, 11, 1)  # noqa: DTZ001  as the warehouse has it: naive, in UTC
_GENERATE = """
    insert into raw.events by name
    with numbered as (
        select
            i,
            -- four in five events come within a day of the subject's first; one in five up to sixty days later
            hash(i, 1) % 1000 / 1000.0 as a, hash(i, 2) % 1000 / 1000.0 as b, hash(i, 3) % 1000 / 1000.0 as c,
            $start::timestamp + to_microseconds((i - $first)::bigint * $step) as received
        from range($first::bigint, ($first + $events)::bigint) as t(i)
    ),
    people as (
        select
            *,
            case when a < 0.8 then i // 5 else i // 5 - (hash(i, 4) % least($reach, 1 + i // 5))::bigint end as n
        from numbered
    ),
    kinds as (
        select
            *,
            case
                when i % 5 = 0 then 'impression' when i % 5 = 1 and b < 0.7 then 'decision'
                when i % 5 = 1 then 'dismissal' when b < 0.02 then 'decision' when b < 0.03 then 'reopen'
                when b < 0.25 then 'observation' else 'replay'
            end as kind
        from people
    )
    select
        'consent.events' as topic,
        '00000000-0000-0000-0000-000000000001'::uuid as topic_id,
        (i % 3)::integer as "partition",
        i // 3 as "offset",
        received as kafka_timestamp,
        -- three in a thousand are sent twice
        md5((case when c < 0.003 and i > 50 then i - 3 else i end)::varchar)::uuid as event_id,
        kind,
        received - case
            when c > 0.995 then to_hours((hash(i, 5) % 160)::bigint)
            when c > 0.9 then to_minutes((hash(i, 5) % 90)::bigint) else interval 1 second end as occurred_at,
        received as received_at,
        ['videonor', 'cp-app', 'shop.example'][1 + n % 3] as site,
        ['web', 'web', 'ios', 'android'][1 + n % 4] as platform,
        ['NO', 'FR', 'DE', 'US-CA', 'SE'][1 + n % 5] as region,
        md5(n::varchar) as subject,
        'main' as banner_id,
        'v' || (1 + i // greatest($events, 1)) as banner_version,
        ['a', 'b'][1 + n % 2] as banner_variant,
        if(kind = 'decision', case when b < 0.4 then 'accept_all' when b < 0.6 then 'reject_all' else 'save' end, null)
            as "action",
        if(kind = 'decision', if(i % 5 = 1, 'banner', 'preferences'), 'banner') as surface,
        'explicit' as "method",
        case
            when kind not in ('decision', 'replay') then null
            when b < 0.4 then '{"necessary":true,"functionality":true,"performance":true,"marketing":true}'
            when b < 0.6 then '{"necessary":true,"functionality":false,"performance":false,"marketing":false}'
            else '{"necessary":true,"functionality":true,"performance":true,"marketing":false}'
        end as categories,
        if(kind = 'decision', 500 + (hash(i, 6) % 20000)::integer, null) as decision_ms,
        if(kind = 'observation', [{'name': ['_ga', '_fbp', 'session'][1 + n % 3], 'type': 'cookie',
            'domain': 'shop.example', 'party': 'first', 'lifetime_s': 34000000, 'category': 'performance'}], null)
            as storage
    from kinds
"""


@dataclass(frozen=True)
class Cost:
    """Seconds by the clock and by the CPU, and CPU seconds of each step."""

    seconds: float
    cpu: float
    steps: dict[str, float]

    def __str__(self) -> str:
        dearest = sorted(self.steps.items(), key=lambda step: -step[1])[:8]
        told = ", ".join(f"{name} {seconds:.2f}" for name, seconds in dearest)
        return f"{self.seconds:.2f} s, {self.cpu:.2f} CPU-s, of which {told}"


@dataclass(frozen=True)
class History:
    """So many events, received evenly over so many days up to END."""

    events: int
    days: float = 365

    @classmethod
    def parse(cls, text: str) -> History:
        """`1000000`, of a year, or `1000000/7`, of seven days."""
        events, _, days = text.partition("/")
        return cls(int(events), float(days or 365))

    def __str__(self) -> str:
        return f"{self.events:,} events of {self.days:g} days"

    @property
    def subjects_in_reach(self) -> int:
        """Those of sixty days, at five events each."""
        return max(1, int(self.events / self.days * 60 / 5))


def generate(
    connection: duckdb.DuckDBPyConnection, history: History, first: int, events: int, start: datetime, days: float
) -> None:
    """`events` more events of such a history, received evenly over `days` from `start` on."""
    step = max(1, int(days * 86_400_000_000 / events))
    begun = time.perf_counter()
    reach = history.subjects_in_reach
    connection.execute(_GENERATE, {"first": first, "events": events, "start": start, "step": step, "reach": reach})
    print(f"  {events:,} events made in {time.perf_counter() - begun:.0f} s", flush=True)


def refresh(path: Path, settings: Settings, as_of: datetime, *, full: bool = False) -> Cost:
    """Every model and the snapshot, in turns at the file as Dagster's steps have them."""
    steps: dict[str, float] = {}
    started, cpu = time.perf_counter(), time.process_time()
    connection = bounded(in_utc(duckdb.connect()), settings.refresh_memory, path)
    turn = Turn(connection, path)

    def step(name: str, work: Callable[[duckdb.DuckDBPyConnection], object]) -> None:
        begun = time.process_time()
        with turn.step():
            work(connection)
        steps[name] = time.process_time() - begun

    def start(connection: duckdb.DuckDBPyConnection) -> None:
        claim(connection, as_of)
        print(f"  {'full' if begin(connection, full=full) else 'in parts'}", end=": ", flush=True)

    step("begin", start)
    for model in all_models():
        step(model.relation, lambda connection, model=model: build(connection, model))
    step("publish", lambda connection: publish(connection, settings))
    step("finish", finish)
    turn.close()
    connection.close()
    return Cost(time.perf_counter() - started, time.process_time() - cpu, steps)


def measure(history: History, new: int, folder: Path) -> None:
    """One history: its full rebuild, and refreshes after `new` more events a day."""
    settings = Settings.load(home=folder)
    path = settings.warehouse
    print(history, flush=True)
    with open_warehouse(path) as connection:
        Registry.load(ROOT / "policies").write(connection)
        generate(connection, history, 0, history.events, END - timedelta(days=history.days), history.days)
    cost = refresh(path, settings, END, full=True)
    print(cost, flush=True)
    land(path, history, 0, new)
    cost = refresh(path, settings, END + timedelta(days=1))
    print(cost, flush=True)
    print(f"#models {cost.cpu:.3f}", flush=True)
    print(f"  warehouse {path.stat().st_size / 1e9:.2f} GB, snapshot {settings.snapshot.stat().st_size / 1e6:.0f} MB,"
          f" peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB", flush=True)  # fmt: skip
    spent = []
    for day in range(1, 1 + DAYS):
        land(path, history, day, new)
        spent.append(command(settings, END + timedelta(days=day + 1)))
    seconds, cpu = (median(values) for values in zip(*spent, strict=True))
    told = ", ".join(f"{cpu:.1f}" for _, cpu in spent)
    print(f"  as a command, the median of {DAYS} days: {seconds:.2f} s, {cpu:.2f} CPU-s ({told})", flush=True)
    print(f"#command {cpu:.3f}", flush=True)
    _nothing_left_out(path)


def land(path: Path, history: History, day: int, new: int) -> None:
    """`new` events on that day after END, all days before it having had as many."""
    with open_warehouse(path) as connection:
        generate(connection, history, history.events + day * new, new, END + timedelta(days=day), 1)


def _nothing_left_out(path: Path) -> None:
    with open_warehouse(path) as connection:
        counted = connection.execute(
            "select (select count(*) from raw.events), (select count(*) from staging.received)"
        ).fetchall()
    if counted[0][0] != counted[0][1]:
        raise SystemExit(f"of {counted[0][0]:,} events the refresh took in {counted[0][1]:,}")


def command(settings: Settings, as_of: datetime) -> tuple[float, float]:
    """Seconds and CPU seconds of `consent refresh`, the start of Python and of Dagster included."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    consent = Path(sys.executable).with_name("consent")
    arguments = [consent, "refresh", "--home", settings.home, "--as-of", f"{as_of.isoformat()}Z"]
    subprocess.run(arguments, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.perf_counter() - started, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Each history in a process of its own, so that its peak memory is its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--histories",
        nargs="+",
        default=["1000000/7.3", "1000000", "10000000", "50000000"],
        help="events of a year, or events/days; the last is compared with each of the others",
    )
    parser.add_argument("--new", type=int, default=100_000, help="events a day after that")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.one:
            measure(History.parse(given.one), given.new, Path(folder))
            return
    spent: dict[str, dict[str, float]] = {}
    for history in given.histories:
        arguments = [sys.executable, "-m", "benchmarks.refresh", "--one", history, "--new", str(given.new)]
        lines = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.splitlines()
        told = (line.removeprefix("#").split() for line in lines if line.startswith("#"))
        spent[history] = {kind: float(cpu) for kind, cpu in told}
        print("\n".join(line for line in lines if not line.startswith("#")), flush=True)
    *others, longest = given.histories
    for other in others:
        times = ", ".join(f"{spent[longest][kind] / cpu:.2f} ({kind})" for kind, cpu in spent[other].items())
        print(f"{given.new:,} new events after {History.parse(longest)} cost so many times the CPU as after"
              f" {History.parse(other)}: {times}")  # fmt: skip


if __name__ == "__main__":
    main()
