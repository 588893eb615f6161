"""How long the proof takes: `python -m benchmarks.proof [--decisions N]`.

Seals N decisions of 10 sites over 90 days, seals 100,000 more, checks the proof, and says the CPU time, the peak
memory and the bytes each decision adds; beside it, DuckDB's own sha256 over the same records, the floor.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import duckdb

from consent.models import statement
from consent.proof import seal
from consent.proof_check import check
from consent.warehouse import open_warehouse

MORE = 100_000


def land(connection: duckdb.DuckDBPyConnection, first: int, count: int) -> None:
    connection.execute(
        f"""
        insert into raw.events by name
        select 'consent.events' as topic, '00000000-0000-0000-0000-000000000001'::uuid as topic_id,
            (i % 4)::integer as partition, i // 4 as "offset", moment as kafka_timestamp, uuid() as event_id,
            'decision' as kind, moment as occurred_at, moment as received_at, 'site-' || i % 10 as site,
            'web' as platform, 'FR' as region, 'fr' as language, md5((i * 7)::varchar) as subject, 'cmp' as banner_id,
            '2026-10' as policy_version, sha256((i % 5)::varchar) as notice_hash, 'save' as action,
            'banner' as surface, 'explicit' as method, '{{"necessary": true, "marketing": false}}' as categories,
            (i * 13 % 20000) as decision_ms
        from (select i, timestamp '2026-08-01' + interval 1 second * (i * 90 * 86400 // {first + count}) as moment
              from range({first}, {first + count}) as t(i))
        """
    )
    connection.execute("delete from raw.offsets")
    connection.execute(
        'insert into raw.offsets select topic, topic_id, partition, 0, max("offset") + 1, now()::timestamp '
        "from raw.events group by all"
    )


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(what: str, decisions: int, run: object) -> None:
    wall, busy = time.monotonic(), cpu()
    done = run()  # type: ignore[operator]
    wall, busy = time.monotonic() - wall, cpu() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{what:<34} {wall:8.2f} s {busy:8.2f} CPU-s {decisions / wall:12,.0f}/s   peak {peak:6.0f} MB   {done}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--decisions", type=int, default=1_000_000)
    count = parser.parse_args().decisions
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "w.duckdb"
        with open_warehouse(path) as connection:
            land(connection, 0, count)
        bytes_before = path.stat().st_size
        with open_warehouse(path) as connection:
            floor = f"select bit_xor(hash(sha256(record))) from ({statement('proof.decisions').text})"
            timed("sha256 of every record, no more", count, lambda: connection.execute(floor).fetchall() and "")
            timed("seal", count, lambda: seal(connection))
        added = (path.stat().st_size - bytes_before) / count
        with open_warehouse(path) as connection:
            land(connection, count, MORE)
            timed(f"seal {MORE:,} more", MORE, lambda: seal(connection))
            timed("check", count + MORE, lambda: check(connection))
        print(f"bytes of a decision: {bytes_before / count:.0f}, and its proof: {added:.0f}")


if __name__ == "__main__":
    main()
