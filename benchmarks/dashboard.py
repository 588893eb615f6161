# ruff: noqa: E501 -- statements and lines of output
"""The dashboard under load: `python -m benchmarks.dashboard [--users 50] [--requests 12000]`.

A snapshot of a million daily rows and 100,000 findings is made up. Four users open each of 115 views for the first
time; then many in a closed loop, without pauses, open pages at random: those views again, and, one time in twenty, one
finding of the 100,000, which nobody did before. Client and server share the machine. In the end a second snapshot is
published while they go on, and all views are made anew.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

import duckdb

from consent.warehouse import swap_link
from tests.dashboards.published import COLUMNS

SITES, DAYS, FINDINGS = 10, 365, 100_000
AS_OF = "timestamp '2026-11-16 00:00:00'"

GRAIN = f"""
    select date '2026-11-15' - cast(d.range as integer) as date, 'site-' || s.range as site,
        ['web', 'ios', 'android'][p.range + 1] as platform, ['NO', 'DE', 'FR', 'GB', 'US-CA', 'SE'][r.range + 1] as region,
        'main' as banner_id, cast(v.range as varchar) as banner_version, ['a', 'b'][x.range + 1] as variant,
        80 + hash(d.range, s.range, p.range, r.range, v.range, x.range) % 60 as shown
    from range({DAYS}) as d, range({SITES}) as s, range(3) as p, range(6) as r, range(2) as v, range(2) as x
"""
STATEMENTS = {
    "prompts_daily": f"""select date, site, platform, region, banner_id, banner_version, variant, shown,
        shown * 6 // 10, shown * 4 // 10, shown // 10, shown // 10, shown // 20, shown - shown * 6 // 10, shown // 40,
        0.6, 0.66, 3000, 9000, false from ({GRAIN})""",
    "opt_in_daily": f"""select date, site, platform, region, banner_id, banner_version, variant, category, shown,
        shown * 6 // 10, shown * 6 // 10, shown * part // 10, shown * 6 // 10 - shown * part // 10, part / 10, part / 6,
        false from ({GRAIN}) cross join (values ('marketing', 3), ('performance', 4), ('functionality', 4),
        ('necessary', 6)) as c(category, part)""",
    "findings": f"""select md5(cast(n.range as varchar)), 'rule_' || n.range % 30, 'violation',
        ['critical', 'high', 'medium', 'low'][n.range % 4 + 1], ['EU', 'FR', 'NO'][n.range % 3 + 1],
        'site-' || n.range % {SITES}, '', 'item ' || n.range % 500, {AS_OF} - to_minutes(n.range), {AS_OF}, n.range % 9 + 1,
        'something was observed', 'something else is allowed', '[]', 'a citation [Q]', 'open', ''
        from range({FINDINGS}) as n""",
    "rules": """select 'rule_' || n.range, '', 'Rule ' || n.range, 'What it finds.', 'high', true, 'Q', 'a citation', ''
        from range(30) as n""",
    "expiry_forecast": f"""select date '2026-11-16' + cast(d.range as integer), 'site-' || s.range, 'EU', 'marketing',
        d.range % 7 + 1 from range(90) as d, range({SITES}) as s""",
    "data_quality_daily": f"""select date '2026-11-15' - cast(d.range as integer), 'site-' || s.range, 1000, 995, 5, 3, 20,
        1, 4, false, 0, 1, 1, {AS_OF}, {AS_OF} from range({DAYS}) as d, range({SITES}) as s""",
    "meta": f"select {AS_OF}, {AS_OF}, {AS_OF}, {AS_OF}, 5000000, '1', '0.1.0'",
}


def publish(path: Path) -> int:
    """Write the snapshot; its daily rows."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(str(path)) as connection:
        for name, columns in COLUMNS.items():
            connection.execute(f"create table {name} ({columns})")
            if name in STATEMENTS:
                order = "order by 1, 2" if name.endswith("_daily") else ""
                connection.execute(f"insert into {name} select * from ({STATEMENTS[name]}) {order}")
        connection.execute("create index findings_by_finding_id on findings (finding_id)")  # as publishing does
        counts = [connection.execute(f"select count(*) from {n}").fetchone() for n in ("prompts_daily", "opt_in_daily")]
    return sum(count[0] for count in counts if count)


def addresses() -> list[str]:
    """What users share links to: a few hundred views."""
    sites = [{}, *({"site": f"site-{n}"} for n in range(SITES))]
    views = [(path, site) for path in ("/", "/quality", "/expiry", "/banner") for site in sites]
    views += [("/rates", {"metric": m, "by": by, **s}) for m in ("opt_in_rate", "interaction_rate", "consent_rate")
              for by in ("site", "region", "platform") for s in sites[:4]]  # fmt: skip
    views += [("/findings", {"page": str(n), **site}) for n in (1, 2, 3) for site in sites]
    views += [(path, {}) for path in ("/sites", "/rules")]
    return [path + (f"?{urlencode(query)}" if query else "") for path, query in views]


class User:
    """One keep-alive connection of HTTP/1.1, as light as can be."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def get(self, address: str) -> tuple[int, bytes, bytes]:
        """Status, head and body."""
        if not hasattr(self, "_reader"):
            self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writer.write(
            f"GET {address} HTTP/1.1\r\nhost: 127.0.0.1:{self._port}\r\naccept-encoding: gzip\r\n\r\n".encode()
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
        return int(head[9:12]), head, await self._reader.readexactly(length)


async def first_load(port: int) -> tuple[float, int]:
    """Seconds and bytes of the overview with its stylesheet and icon, for the first visitor of a new snapshot."""
    begin, size, user = time.perf_counter(), 0, User(port)
    for address in ("/", "/static/style.css", "/static/icon.svg"):
        status, head, body = await user.get(address)
        assert status == 200, address
        size += len(head) + len(body)
    return time.perf_counter() - begin, size


async def first_views(port: int, users: int) -> list[tuple[str, float, int]]:
    """Every view that will be shared, asked for once: (address, seconds, status)."""
    left, done = addresses(), list[tuple[str, float, int]]()
    random.Random(2).shuffle(left)

    async def browse() -> None:
        user = User(port)
        while left:
            address, begin = left.pop(), time.perf_counter()
            status, _head, _body = await user.get(address)
            done.append((address, time.perf_counter() - begin, status))

    await asyncio.gather(*(browse() for _ in range(users)))
    return done


async def load(port: int, users: int, requests: int, watch: dict[int, object]) -> list[tuple[str, float, int]]:
    """Everyone's requests: (address, seconds, status). `watch` holds what to call after so many of them."""
    shared, done = addresses(), list[tuple[str, float, int]]()
    chance = random.Random(1)

    async def browse() -> None:
        user = User(port)
        while len(done) < requests:
            one = md5(chance.randrange(FINDINGS)) if chance.random() < 0.05 else None
            address = f"/findings/{one}" if one else chance.choice(shared)
            begin = time.perf_counter()
            status, _head, _body = await user.get(address)
            done.append((address, time.perf_counter() - begin, status))
            if (call := watch.get(len(done))) is not None:
                call()  # type: ignore[operator]

    await asyncio.gather(*(browse() for _ in range(users)))
    return done


def md5(number: int) -> str:
    import hashlib

    return hashlib.md5(str(number).encode(), usedforsecurity=False).hexdigest()


def memory(process: subprocess.Popen[str]) -> float:
    """Resident MB of the server."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def cpu(process: subprocess.Popen[str]) -> float:
    """CPU seconds of the server so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def main() -> None:
    """Make the snapshot, serve it, load it, print what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=50)
    parser.add_argument("--requests", type=int, default=12_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        rows = publish(home / "snapshots" / "one.duckdb")
        swap_link(home / "snapshot.duckdb", home / "snapshots" / "one.duckdb")
        print(f"snapshot        {rows:,} daily rows, {FINDINGS:,} findings")
        command = [str(Path(sys.executable).with_name("consent")), "dashboard", "--port", "0", "--home", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                port = int(server.stdout.readline().split("//")[1].split("/")[0].rpartition(":")[2])
                time.sleep(6)  # it warms up beside its first visitors; these come later
                run(given.users, given.requests, port, server, home)
            finally:
                server.terminate()


def run(users: int, requests: int, port: int, server: subprocess.Popen[str], home: Path) -> None:
    """The measurements, printed."""
    seconds, size = asyncio.run(first_load(port))
    print(f"first load      {seconds:.2f} s, {size / 1000:.0f} kB")
    cold = asyncio.run(first_views(port, 4))
    print(f"views not seen  p50 {_quantile(cold, 0.5):.0f} ms, p95 {_quantile(cold, 0.95):.0f} ms (4 users)")
    resident: list[float] = []
    watch: dict[int, object] = {n: lambda: resident.append(memory(server)) for n in range(1000, requests, 1000)}
    before, begin = cpu(server), time.perf_counter()
    done = asyncio.run(load(port, users, requests, watch))
    took = time.perf_counter() - begin
    failed = [one for one in done if one[2] != 200]
    print(f"{users} users        {len(done):,} requests, {len(failed)} failed, {len(done) / took:.0f}/s")
    print(
        f"answer          p50 {_quantile(done, 0.5):.0f} ms, p95 {_quantile(done, 0.95):.0f} ms, p99 {_quantile(done, 0.99):.0f} ms"
    )
    print(f"server          {cpu(server) - before:.1f} CPU s; memory {', '.join(f'{one:.0f}' for one in resident)} MB")
    shutil.copy(home / "snapshots" / "one.duckdb", home / "snapshots" / "two.duckdb")
    with duckdb.connect(str(home / "snapshots" / "two.duckdb")) as connection:
        connection.execute("update meta set events = 7654321")
    swap = {requests // 8: lambda: swap_link(home / "snapshot.duckdb", home / "snapshots" / "two.duckdb")}
    swapped = asyncio.run(load(port, users, requests // 4, swap))
    _status, _head, body = asyncio.run(User(port).get("/"))
    import gzip

    shown = b"7,654,321" in gzip.decompress(body)
    failed = [one for one in swapped if one[2] != 200]
    print(
        f"new snapshot    {'shown' if shown else 'NOT SHOWN'}, {len(failed)} of {len(swapped):,} failed, p95 {_quantile(swapped, 0.95):.0f} ms"
    )


def _quantile(done: list[tuple[str, float, int]], share: float) -> float:
    times = sorted(seconds for _address, seconds, _status in done)
    return times[min(len(times) - 1, int(len(times) * share))] * 1000


if __name__ == "__main__":
    main()
