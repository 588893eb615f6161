"""What compiled code takes for good, the SQL takes for the same good event."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from consent.contract import COLUMNS, FIELDS, KINDS
from ingestion.decoder import Decoder, as_batch
from ingestion.recognizer import recognizer
from tests.ingestion.events import encode, event
from tests.ingestion.mutation import full_event, mutants

_COLUMNS = ", ".join(f'"{name}"' for name, _ in COLUMNS) + ", key, value, reason"
_made = recognizer()
if _made is None:
    if os.environ.get("CONSENT_TEST_REQUIRE_ALL") == "1":
        pytest.fail("Numba is missing; run `make install-compiled`")
    pytest.skip("needs Numba: make install-compiled", allow_module_level=True)
from ingestion.recognizer import native  # noqa: E402


def recognized(values: list[bytes | None]) -> list[bool]:
    """Whether each value is recognized; its columns are checked for what Arrow asks of them."""
    assert _made is not None
    batch, good = _made.read(pa.array([value and value.decode() for value in values], pa.string()))
    batch.validate(full=True)
    assert batch.num_rows == good.sum()
    return [bool(flag) for flag in good]


def rows(values: list[bytes], *, compiled: bool) -> list[tuple[Any, ...]]:
    with Decoder(compiled=compiled) as decoder:
        decoder.decode(as_batch(values))
        return decoder.connection.execute(f'select {_COLUMNS} from decoded order by "offset"').fetchall()


def test_numba_is_for_compiling_only() -> None:
    script = (
        "import sys; from ingestion.recognizer import recognizer; assert recognizer(); print('numba' in sys.modules)"
    )
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "False"


def test_code_is_kept_by_what_it_was_made_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = native._places()
    for path in native._HERE.glob("*.py"):
        shutil.copy(path, tmp_path)
    monkeypatch.setattr(native, "_HERE", tmp_path)
    assert [place.name for place in native._places()] == [place.name for place in before]
    with (tmp_path / "forms.py").open("a") as file:
        file.write("# another\n")
    assert [place.name for place in native._places()] != [place.name for place in before]


def test_both_ways_agree_on_every_mutant() -> None:
    values = list(mutants(seed=22, count=30_000))
    assert rows(values, compiled=True) == rows(values, compiled=False)


@pytest.mark.parametrize("kind", KINDS)
def test_what_producers_usually_send_is_recognized(kind: str) -> None:
    made = full_event(kind)
    values = [
        encode(event(kind)),
        encode(made),
        json.dumps(made).encode(),
        json.dumps(dict(reversed(made.items())), indent=2).encode(),
        encode(made | {"categories": {"C0001": True, "C0004": False}}),
        json.dumps(made | {"categories": {}, "site": "blåbær \U0001f36a", "storage": []}, ensure_ascii=False).encode(),
        encode(made | {"banner": {"version": "2", "id": "a"}, "storage": [{"type": "cookie", "name": "NID"}]}),
        encode(made | {"decision_ms": 86_400_000, "signals": {}, "site": "x" * 253}),
    ]
    assert recognized([*values]) == [True] * len(values)
    assert rows(values, compiled=True) == rows(values, compiled=False)


@pytest.mark.parametrize(
    "value",
    [
        encode(event())[:-1] + b',"site":"other"}',
        encode(event())[:-1] + b',"unknown":1}',
        encode(event(banner={"id": "a"})).replace(b'"id":"a"', b'"id":"a","id":"b"'),
        encode(event(signals={"gcm": {"a": "b"}})).replace(b'"a":"b"', b'"a":"b","a":"c"'),
        encode(event("decision", categories={"x": True})).replace(b'"x":true', b'"x":true,"x":false'),
        encode(event("decision", categories={"x": True})).replace(b'"x":true', b'"x":true,'),
        encode(event("decision", categories={"x": True})).replace(b'"x":true', b'"x":truest'),
        encode(event("observation")).replace(b'"name":"NID"', b'"name":"NID","name":"x"'),
        encode(event("observation")).replace(b'"name":"NID"', b'"party":"first"'),
        encode(event("observation")).replace(b"}]", b"},]"),
        encode(event(subject=12345678)),
        encode(event(schema_version="1")),
        encode(event(schema_version=2)),
        encode(event()).replace(b'"schema_version":1', b'"schema_version":1.0'),
        encode(event()).replace(b'"schema_version":1', b'"schema_version":01'),
        encode(event(decision_ms=86_400_001)),
        encode(event(decision_ms=-1)),
        encode(event(region=None)),
        encode(event(kind=...)),
        encode(event("decision", action=...)),
        encode(event("decision", categories=...)),
        encode(event("observation", storage=...)),
        encode(event(occurred_at="2026-02-30T12:00:00Z")),
        encode(event(occurred_at="2026-02-28T12:00:00")),
        encode(event(occurred_at="2026-02-28T12:00:00.Z")),
        encode(event(site="x" * 254)),
        encode(event(site="")),
        encode(event())[:-1] + b',"prompt_id":"\\ud800"}',
        encode(event())[:-1] + b',"prompt_id":"a\nb"}',
        encode(event()).replace(b'{"schema', b'{,"schema'),
        encode(event())[:-1] + b",}",
        encode(event()) + b"}",
        encode(event())[:-1],
        b"{}",
        b"[]",
        b"",
        None,
    ],
)
def test_nothing_bad_is_recognized(value: bytes | None) -> None:
    # Beside a good one, whose bytes follow in memory: nothing is read past a record's end.
    assert recognized([value, encode(event())]) == [False, True]


def test_no_record_is_read_past_its_end() -> None:
    whole = encode(full_event("decision"))
    cuts: list[bytes | None] = [whole[:length] for length in range(len(whole))]
    assert not any(recognized(cuts))


def test_times_are_those_the_sql_reads() -> None:
    made = random.Random(7)
    times = [
        f"{made.randrange(1970, 2400)}-{made.randrange(1, 13):02}-{made.randrange(1, 29):02}{made.choice('Tt ')}"
        f"{made.randrange(24):02}:{made.randrange(60):02}:{made.randrange(60):02}"
        f"{made.choice(['', '.5', '.123456', '.9999'])}{made.choice(['Z', 'z', '+05:30', '-11:00', '+14:00'])}"
        for _ in range(3_000)
    ]
    values = [encode(event(occurred_at=time)) for time in [*times, "2000-02-29T00:00:00Z", "2100-02-28T23:59:59Z"]]
    assert all(recognized([*values]))
    assert rows(values, compiled=True) == rows(values, compiled=False)


@pytest.mark.parametrize("field", [field for field in FIELDS if field.pattern], ids=lambda field: field.path)
def test_what_does_not_have_the_form_is_not_recognized(field: Any) -> None:
    known = full_event("decision") | {"language": "zh-Hant-CN", "notice_hash": "0a" * 32}
    made, good = random.Random(3), str(known[field.path])
    letters = "aZ09-_:.gG +é/" + good
    texts = [good]
    for _ in range(4_000):
        text = list(good)
        for _ in range(made.choice((1, 1, 2))):
            at = made.randrange(len(text) + 1)
            text[at : at + made.choice((0, 1))] = made.choice(("", made.choice(letters)))
        texts.append("".join(text))
    values = [json.dumps(event("decision", **{field.path: text}), ensure_ascii=False).encode() for text in texts]
    flags = recognized([*values])
    matching = [re.fullmatch(field.pattern, text) is not None for text in texts]
    assert flags[0]
    assert not any(flag and not match for flag, match in zip(flags, matching, strict=True))
    # Of what looks right only dates that do not exist, or are too fine, are left to the SQL.
    missed = sum(match and not flag for flag, match in zip(flags, matching, strict=True))
    assert missed == 0 or (field.sql_type == "timestamp" and missed < sum(matching))
    assert sum(matching) < len(texts)
