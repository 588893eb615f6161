"""A refresh of what changed gives what a full rebuild gives, whatever comes in, in which order, as of when."""

from __future__ import annotations

import contextlib
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import duckdb
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from consent import changes
from consent.build import build
from consent.changes import begin, claim, finish, mark
from consent.erasure import erase
from consent.models import all_models, statement
from consent.policies import Registry
from consent.settings import ROOT
from consent.subjects import SubjectKey
from consent.warehouse import create_schema, in_utc, transaction
from ingestion.decoder import Decoder
from tests.ingestion.events import encode
from tests.sql.build import NAMES, batch
from tests.sql.test_metrics import START, history

DERIVED = sorted({model.relation for model in all_models() if model.folder != "rules"} | {"rules.hits"})


@contextlib.contextmanager
def empty() -> Iterator[duckdb.DuckDBPyConnection]:
    with contextlib.closing(in_utc(duckdb.connect())) as connection:
        create_schema(connection)
        Registry.load(ROOT / "policies").write(connection)
        yield connection


def land(connection: duckdb.DuckDBPyConnection, decoder: Decoder, events: list[dict[str, Any]], first: int) -> None:
    """As ingest does: events into raw.events, at offsets from `first` on."""
    decoder.decode(batch([encode(event) for event in events], 1_790_856_000_000, first=first))
    rows = decoder.connection.sql(f"select {NAMES} from decoded where reason is null").to_arrow_table()
    connection.register("rows", rows)
    connection.execute("insert into raw.events from rows")
    connection.unregister("rows")


def refresh(
    connection: duckdb.DuckDBPyConnection,
    as_of: datetime,
    *,
    full: bool = False,
    until: int = 0,
    publish: Callable[[], object] = bool,
) -> bool:
    """Every model; `until`: die after so many."""
    claim(connection, as_of)
    was_full = begin(connection, full=full)
    for model in all_models()[: until or None]:
        build(connection, model)
    if not until:
        publish()
        finish(connection)
    return was_full


def contents(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Any]]:
    return {relation: connection.execute(f"select * from {relation} order by all").fetchall() for relation in DERIVED}


def assert_as_if_rebuilt(connection: duckdb.DuckDBPyConnection, as_of: datetime) -> None:
    """The tables are those of a full rebuild of a copy."""
    found = contents(connection)
    connection.execute("attach ':memory:' as copy")
    connection.execute("copy from database memory to copy")
    connection.execute("use copy")
    refresh(connection, as_of, full=True)
    expected = contents(connection)
    connection.execute("use memory")
    connection.execute("detach copy")
    for relation, rows in expected.items():
        assert found[relation] == rows, relation


@settings(max_examples=6, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(seed=st.integers(0, 2**32), steps=st.lists(st.sampled_from(
    ["land", "land", "land", "back", "forward", "restrict", "erase", "policy", "synonym", "die", "nothing"]
), min_size=1, max_size=3))  # fmt: skip
def test_what_changed_gives_what_a_full_rebuild_gives(seed: int, steps: list[str]) -> None:
    chance = random.Random(seed)
    events = history(chance, 240)
    as_of = START + timedelta(days=4)
    with empty() as connection, Decoder() as decoder:
        chance.shuffle(events)
        landed = 80
        land(connection, decoder, events[:landed], 0)
        assert refresh(connection, as_of)
        for step in steps:
            if step in ("land", "die") and landed < len(events):
                count = chance.choice([1, 10, 40])
                land(connection, decoder, events[landed : landed + count], landed)
                landed += count
            if step in ("forward", "die"):
                as_of += timedelta(seconds=chance.randrange(3 * 86_400))
            elif step == "back":
                as_of -= timedelta(seconds=chance.randrange(2 * 86_400))
            elif step == "restrict":
                connection.execute("insert into raw.restrictions select site, subject, now()::timestamp from raw.events"
                                   " using sample 1 rows")  # fmt: skip
            elif step == "erase":
                forget(connection, chance.choice(["subject-0001", "subject-0002"]))
            elif step == "policy":
                connection.execute("update policy.sites set jurisdiction = if(jurisdiction = 'FR', 'DE', 'FR')")
            elif step == "synonym":
                connection.execute("update policy.site_categories set category = 'performance' where name = 'social'")
                connection.execute("insert into policy.site_categories values ('videonor', 'social', 'marketing')")
            if step == "die":
                refresh(connection, as_of, until=chance.randrange(1, len(all_models())))
                as_of += timedelta(hours=chance.randrange(-30, 30))
            assert refresh(connection, as_of) == (step in ("policy", "synonym"))
            assert_as_if_rebuilt(connection, as_of)


def measured(chance: random.Random) -> list[dict[str, Any]]:
    """Visits of a few French devices with a measuring cookie whose end moves on, and some choices in between."""
    events = history(chance, 120)
    for event in events:
        event |= {"region": "FR", "subject": f"subject-{chance.randrange(4):04}"}
        if event["kind"] == "observation" or (event["kind"] == "decision" and chance.random() < 0.8):
            for key in ("action", "categories", "decision_ms", "surface"):
                event.pop(key, None)
            item = {"name": "_ga", "category": "analytics", "lifetime_s": chance.choice([60, 40_000_000])}
            event |= {"kind": "observation", "storage": [item]}
    return events


def test_rules_that_look_back_or_at_the_time_are_exact_too() -> None:
    chance = random.Random(20261001)
    events = measured(chance)
    chance.shuffle(events)
    as_of = START + timedelta(days=3)
    with empty() as connection, Decoder() as decoder:
        land(connection, decoder, events[:60], 0)
        refresh(connection, as_of)
        for landed, ahead in ((60, timedelta(days=1)), (80, timedelta(days=760)), (100, timedelta(days=400))):
            land(connection, decoder, events[landed : landed + 20], landed)
            as_of += ahead
            assert not refresh(connection, as_of)
            assert_as_if_rebuilt(connection, as_of)
        hits = {rule for (rule,) in connection.execute("select distinct rule_id from rules.hits").fetchall()}
        assert {"lifetime_sliding", "measurement_data_over_25m", "proof_overretained"} <= hits


def forget(connection: duckdb.DuckDBPyConnection, subject: str) -> None:
    """As an erasure does, counts kept, and the file written anew."""
    erase(connection, subject, SubjectKey(bytes(range(32))))
    with transaction(connection):
        mark(connection, [])
        connection.execute("create or replace table raw.events as from raw.events")


def test_every_process_builds_in_the_same_order() -> None:
    """Else the next process would take the models for others, and rebuild everything."""
    program = "from consent.models import all_models; print([model.relation for model in all_models()])"
    told = [
        subprocess.run([sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed},
                       check=True, capture_output=True).stdout
        for seed in "123"
    ]  # fmt: skip
    assert told[0] == told[1] == told[2]


def test_no_record_is_missed_however_many_land_at_once() -> None:
    """DuckDB 2.0 loses a row group that is inserted in parallel after an empty insert into the same table."""
    chance = random.Random(7)
    as_of = START + timedelta(days=60)  # after all of it
    with empty() as connection, Decoder() as decoder:
        connection.execute("set threads = 2")
        land(connection, decoder, history(chance, 100), 0)
        refresh(connection, as_of)
        landed = connection.execute("select count(*) from raw.events").fetchall()[0][0]
        copies = 1 + 130_000 // landed  # a row group has 122,880
        connection.execute(
            "insert into raw.events select * exclude (copy)"
            ' replace (uuid() as event_id, "offset" + 1000 * copy as "offset")'
            " from raw.events cross join range(1, 1 + $copies) as copies(copy)",
            {"copies": copies},
        )
        assert not refresh(connection, as_of + timedelta(days=1))
        counted = connection.execute(
            "select (select count(*) from staging.received), (select sum(accepted) from marts.data_quality_daily)"
        ).fetchall()
        assert counted == [(landed * (1 + copies),) * 2]
        check = statement("checks.everything_counted").text
        assert connection.execute(check).fetchall() == []
        connection.execute("delete from staging.received_daily")
        build(connection, statement("marts.data_quality_daily"))
        assert connection.execute(check).fetchall() != []


def test_a_person_has_one_key_in_staging_and_in_what_changed() -> None:
    of_record = changes.SUBJECT_KEY.replace("site", "dated.site").replace("subject", "dated.subject")
    assert f"{of_record} as subject_key" in statement("staging.received").text


def test_a_context_has_one_number_in_the_two_files_that_make_it() -> None:
    def hashed(relation: str) -> list[str]:
        found = re.search(r"hash\(([^()]*)\) as context_id", statement(relation).text)
        assert found
        return [column.strip().removeprefix("dated.") for column in found[1].split(",")]

    assert hashed("staging.received") == hashed("staging.contexts")
    assert len(hashed("staging.contexts")) == 13
