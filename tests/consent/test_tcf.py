"""TC strings against what the IAB Tech Lab's own encoder wrote (vectors/tcf.json), and against noise."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import tcf

VECTORS = json.loads((Path(__file__).parent / "vectors" / "tcf.json").read_text())
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_string_says_what_its_encoder_put_in(vector: dict[str, Any]) -> None:
    read = tcf.decode(vector["tc_string"])
    assert read.created == datetime.fromisoformat(vector["created"])
    assert read.last_updated == datetime.fromisoformat(vector["last_updated"])
    assert read.consent_language == vector["consent_language"]
    for name in ("cmp_id", "cmp_version", "consent_screen", "vendor_list_version", "policy_version"):
        assert getattr(read, name) == vector[name], name
    assert (read.publisher_country, read.is_service_specific) == (
        vector["publisher_country"], vector["is_service_specific"]
    )  # fmt: skip
    for name in ("purposes", "legitimate_interests", "special_features", "vendors"):
        assert getattr(read, name) == frozenset(vector[name]), name
    assert (read.disclosed or frozenset()) == frozenset(vector["disclosed"])


def test_the_segment_of_disclosed_vendors_is_there_or_not() -> None:
    there = {vector["name"]: tcf.decode(vector["tc_string"]).disclosed is not None for vector in VECTORS}
    assert there == {
        "nothing granted": True,
        "everything granted": True,
        "measurement only": True,
        "version 2.2, no disclosed vendors": False,
        "old": False,
    }


def test_categories_need_every_purpose_of_theirs_and_no_legitimate_interest() -> None:
    granted = {
        vector["name"]: {name for name, is_granted in tcf.decode(vector["tc_string"]).categories.items() if is_granted}
        for vector in VECTORS
    }
    assert granted["nothing granted"] == {"necessary"}
    assert granted["everything granted"] == {"necessary", "functionality", "performance", "marketing"}
    assert granted["measurement only"] == {"necessary"}  # 10 is missing for performance, 2 to 4 for marketing
    assert granted["version 2.2, no disclosed vendors"] == {"necessary"}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "expected base64url text"),
        ("BObdrPUOevsguAfDqFENCNAAAAAmeAAA", "version 1"),
        ("C", "too early"),
        ("CQgYw8AQgYw8A", "too early"),
        ("CQgYw8 AQgYw8A", "base64url"),
        ("ÇQgYw8AQgYw8A", "base64url"),
    ],
)
def test_what_is_no_tc_string_is_refused_without_being_repeated(text: str, problem: str) -> None:
    with pytest.raises(tcf.NotTcString, match=problem) as caught:
        tcf.decode(text)
    assert len(text) < 2 or text not in str(caught.value)


def test_ranges_of_vendors_have_to_be_in_order() -> None:
    segment = f"{1:03b}{65535:016b}1{2:012b}" + f"1{1:016b}{60000:016b}" * 2
    disclosed = "".join(LETTERS[int(segment[i : i + 6].ljust(6, "0"), 2)] for i in range(0, len(segment), 6))
    with pytest.raises(tcf.NotTcString, match="out of order"):
        tcf.decode(f"{VECTORS[0]['tc_string'].split('.')[0]}.{disclosed}")


@given(st.text(alphabet=LETTERS + ".~ é", max_size=120))
def test_noise_is_read_or_refused(text: str) -> None:
    try:
        read = tcf.decode(text)
    except tcf.NotTcString:
        return
    assert read.created - datetime(1970, 1, 1, tzinfo=UTC) < timedelta(days=366 * 220)


@given(st.sampled_from([vector["tc_string"] for vector in VECTORS]), st.data())
def test_a_damaged_string_is_read_or_refused(text: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(text) - 1))
    damaged = data.draw(
        st.sampled_from([text[:place], text[:place] + data.draw(st.sampled_from(LETTERS)) + text[place + 1 :]])
    )
    with contextlib.suppress(tcf.NotTcString):
        tcf.decode(damaged)
