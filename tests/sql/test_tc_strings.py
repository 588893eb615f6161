"""The head of TC strings as SQL reads it, beside the decoder in Python and the vectors of the IAB's own encoder."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from consent.models import statement
from consent.tcf import NotTcString, decode
from consent.warehouse import create_schema, in_utc

VECTORS = json.loads((Path(__file__).parents[1] / "consent/vectors/tcf.json").read_text(encoding="utf-8"))
NO_STRINGS = [
    "",
    "x",
    "not a string",
    "BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA",
    "CQgYw8AQ",
    "COw4XqLOw4XqL.",
    "C" + "é" * 40,
]


def test_sql_reads_what_the_encoder_wrote() -> None:
    with in_utc(duckdb.connect()) as con:
        create_schema(con)
        for text in [*(vector["tc_string"] for vector in VECTORS), *NO_STRINGS]:
            con.execute("insert into raw.events (tc_string) values (?), (?)", [text, text])
        read = {row[0]: row[1:] for row in con.execute(statement("staging.tc_strings").text).fetchall()}
    assert len(read) == len(VECTORS) + len(NO_STRINGS)
    for vector in VECTORS:
        created, updated, policy_version, has_disclosed, is_valid = read[vector["tc_string"]]
        decoded = decode(vector["tc_string"])
        assert is_valid
        assert created.isoformat() == vector["created"].removesuffix(".000Z") == decoded.created.isoformat()[:19]
        assert (
            updated.isoformat() == vector["last_updated"].removesuffix(".000Z") == decoded.last_updated.isoformat()[:19]
        )
        assert policy_version == vector["policy_version"]
        assert has_disclosed == (decoded.disclosed is not None)
    for text in NO_STRINGS:
        assert read[text] == (None, None, None, False, False)
        try:
            decode(text)
        except NotTcString:
            continue
        raise AssertionError(text)
