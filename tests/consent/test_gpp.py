"""GPP strings against what the IAB's own encoder wrote (vectors/gpp.json), and against noise."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import gpp

VECTORS = json.loads((Path(__file__).parent / "vectors" / "gpp.json").read_text())
BY_NAME = {vector["name"]: vector["gpp_string"] for vector in VECTORS}
FIELDS = {"sale": "SaleOptOut", "sharing": "SharingOptOut", "targeted_advertising": "TargetedAdvertisingOptOut"}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_a_string_says_what_its_encoder_put_in(vector: dict[str, Any]) -> None:
    read = gpp.decode(vector["gpp_string"])
    sections = dict(vector["sections"])
    assert (read.tcf is not None) == ("tcfeuv2" in sections)
    sections.pop("tcfeuv2", None)
    assert {section.name for section in read.us} == set(sections)
    for section in read.us:
        said = sections[section.name]
        if section.name == "uspv1":
            assert section.opted_out == {"sale": said["OptOutSale"] == "Y"}
            continue
        assert section.opted_out == {
            name: {0: None, 1: True, 2: False}[said[field]] for name, field in FIELDS.items() if field in said
        }
        if section.gpc is not None:
            assert section.gpc == said["Gpc"]
    assert read.unknown == []


def test_the_us_sections_decide_marketing_alone() -> None:
    marketing = {name: (gpp.decode(text).categories or {}).get("marketing") for name, text in BY_NAME.items()}
    assert marketing == {
        "us national, nothing opted out": True,
        "us national, all opted out with GPC": False,
        "california, sale opted out": False,
        "virginia": False,
        "colorado": False,
        "utah": True,
        "connecticut": False,
        "us privacy": False,
        "tcf eu": False,
        "tcf eu and us national": False,
        "texas": False,
        "not applicable": None,
    }
    assert set(gpp.decode(BY_NAME["utah"]).categories or {}) == {"necessary", "marketing"}
    assert gpp.decode(BY_NAME["tcf eu and us national"]).categories == {
        "necessary": True, "functionality": True, "performance": True, "marketing": False
    }  # fmt: skip


def test_gpc_is_told_from_silence() -> None:
    assert gpp.decode(BY_NAME["colorado"]).gpc is True
    assert gpp.decode(BY_NAME["california, sale opted out"]).gpc is False
    assert gpp.decode(BY_NAME["virginia"]).gpc is None
    assert gpp.decode(BY_NAME["us privacy"]).gpc is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "base64url"),
        ("DBABLA", "expected 1 sections"),
        ("DBABLA~BVVqAAAAAAA~1YYN", "came 2"),
        ("CQgYw8AQgYw8A", "type 3 and version 1; came 2"),
        ("DBABTA~2YYN", "US Privacy"),
        ("DBABTA~1YYX", "US Privacy"),
        ("DBABLA~B", "too early"),
    ],
)
def test_what_is_no_gpp_string_is_refused(text: str, problem: str) -> None:
    with pytest.raises(gpp.NotGppString, match=problem):
        gpp.decode(text)


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~ é", max_size=60))
def test_noise_is_read_or_refused(text: str) -> None:
    for candidate in (text, f"DBABLA~{text}", f"D{text}"):
        with contextlib.suppress(gpp.NotGppString):
            gpp.decode(candidate)
