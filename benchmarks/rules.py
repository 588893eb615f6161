"""All rules over a long history: `python -m benchmarks.rules [EVENTS]` (10 million events of a tenth as many subjects).

One site declares 500 items of storage, a tenth of them patterns. Of ten events of a subject five are observations of
four items each; the second is the choice, which the others keep to. Some consents of France run out. Staging is built
first and told apart; then every rule as a whole, one by one. Prints seconds, CPU seconds and the peak memory of the
process, and which rules cost most.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import duckdb
import yaml

from consent.build import build, set_run
from consent.models import all_models
from consent.policies import Registry
from consent.settings import ROOT
from consent.warehouse import open_warehouse

ITEMS, DAYS, AS_OF = 500, 365, datetime.fromisoformat("2026-11-01")  # naive UTC
_CATEGORIES = ("necessary", "functionality", "performance", "marketing")
_EVENTS = """
insert into raw.events by name
with numbered as (
    select
        i,
        i % $subjects as subject_no,
        timestamp '2025-11-01' + to_seconds(i * ($days * 86400) // $events) as moment,
        [0, 3, 5, 8, 9, 5, 10, 5, 11, 8][1 + (i // $subjects) % 10] as part
    from range($events) as numbers (i)
)
select
    'consent.events' as topic,
    '00000000-0000-0000-0000-000000000001'::uuid as topic_id,
    (i % 3)::integer as partition,
    i // 3 as "offset",
    moment + interval 1 second as kafka_timestamp,
    gen_random_uuid() as event_id,
    case
        when part < 3 then 'impression' when part < 5 then 'decision' when part < 8 then 'replay' else 'observation'
    end as kind,
    moment as occurred_at,
    moment + interval 1 second as received_at,
    'shop' as site,
    'web' as platform,
    if(subject_no % 100 = 0, 'FR', ['NO', 'DE', 'IT', 'GB', 'US-CA'][1 + (subject_no % 5)::bigint]) as region,
    'visitor-' || subject_no as subject,
    if(part < 5, md5(i::varchar)[1:16], null) as prompt_id,
    repeat('a', 64) as notice_hash,
    if(kind = 'decision', if(granted = 'true', 'accept_all', 'reject_all'), null) as "action",
    'banner' as surface,
    'explicit' as "method",
    if(
        part between 3 and 7,
        replace('{"necessary":true,"functionality":X,"performance":X,"marketing":X}', 'X', granted),
        null
    )::json as categories,
    if(part >= 8, list_transform(range(4), lambda n: struct_pack(
        -- every fourth item is necessary: after a refusal there is no other
        name := 'item_' || ((hash(i) % $items + n * 132) // step * step % $items)::integer,
        "type" := 'cookie', domain := 'shop.example', party := 'first',
        lifetime_s := 86400 * (1 + hash(i) % 90)::bigint, category := null::varchar
    )), null) as storage,
    'main' as banner_id,
    '1' as banner_version
from (select *, if(subject_no % 2 = 0, 'true', 'false') as granted, if(subject_no % 2 = 0, 1, 4) as step from numbered)
"""


def site() -> dict[str, object]:
    """A site that declares ITEMS items, every tenth by a pattern."""
    storage = [
        {
            "name": f"item_{number}*" if number % 10 == 9 else f"item_{number}",
            "category": _CATEGORIES[number % 4],
            "lifetime": "P6M",
            "provider": f"Provider {number % 40}",
            "purpose": "Serves the site",
        }
        for number in range(ITEMS)
    ]
    promises = [{"promise": "only_essential_before_consent"}, {"promise": "reject_blocks_nonessential"}]
    return {"site": "shop", "controller": "Shop AS", "contact": "x@shop.example", "jurisdiction": "NO",
            "storage": storage, "promises": promises}  # fmt: skip


def cpu() -> float:
    """CPU seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(events: int) -> None:
    """Make the history, build staging, then time the rules."""
    with tempfile.TemporaryDirectory() as folder, open_warehouse(Path(folder) / "w.duckdb") as connection:
        connection.execute("set threads = 2")
        connection.execute("set memory_limit = '3GB'")
        path = Path(folder) / "shop.yaml"
        path.write_text(yaml.safe_dump(site()), encoding="utf-8")
        began = time.perf_counter()
        connection.execute(_EVENTS, {"events": events, "subjects": max(1, events // 10), "days": DAYS, "items": ITEMS})
        print(f"{events:,} events made in {time.perf_counter() - began:.1f} s", flush=True)
        Registry.load(ROOT / "policies").with_site_files([path]).write(connection)
        set_run(connection, AS_OF)
        report(connection)


def report(connection: duckdb.DuckDBPyConnection) -> None:
    """Build everything and say what the rules cost."""
    spent: dict[str, tuple[float, float]] = {"staging": (0, 0)}
    for model in all_models():
        if model.folder == "marts":
            continue
        began, used = time.perf_counter(), cpu()
        build(connection, model)
        wall, busy = time.perf_counter() - began, cpu() - used
        name = model.name if model.folder == "rules" else "staging"
        before = spent.get(name, (0, 0))
        spent[name] = (before[0] + wall, before[1] + busy)
    staging = spent.pop("staging")
    print(f"staging: {staging[0]:.1f} s, {staging[1]:.1f} CPU s")
    total, busy = sum(wall for wall, _ in spent.values()), sum(used for _, used in spent.values())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"{len(spent)} rules: {total:.1f} s, {busy:.1f} CPU s; peak memory {peak:.2f} GB")
    for name, (wall, used) in sorted(spent.items(), key=lambda entry: -entry[1][0])[:8]:
        print(f"  {name}: {wall:.1f} s, {used:.1f} CPU s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
