"""The subject before a choice: the same for a browser today, another tomorrow, and nothing to find it again by."""

from __future__ import annotations

import stat
from datetime import date
from pathlib import Path

import pytest

from consent.errors import ConsentError
from ingestion.collector.subjects import Subjects, family, network

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Days:
    """A calendar that the test turns."""

    def __init__(self) -> None:
        self.day = date(2026, 11, 1)

    def __call__(self) -> date:
        return self.day


def test_is_the_same_for_a_network_and_a_browser_on_a_site(tmp_path: Path) -> None:
    subjects = Subjects(tmp_path / "salt")
    base = subjects.of("shop", "203.0.113.9", AGENT)
    assert subjects.of("shop", "203.0.113.250", AGENT.replace("140", "141")) == base
    others = [
        subjects.of("news", "203.0.113.9", AGENT),
        subjects.of("shop", "203.0.114.9", AGENT),
        subjects.of("shop", "203.0.113.9", AGENT.replace("Firefox", "Chrome")),
    ]
    assert len({base, *others}) == 4


def test_survives_a_restart_on_the_same_day_and_no_longer(tmp_path: Path) -> None:
    today, path = Days(), tmp_path / "salt"
    first = Subjects(path, today).of("shop", "203.0.113.9", AGENT)
    assert Subjects(path, today).of("shop", "203.0.113.9", AGENT) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    today.day = date(2026, 11, 2)
    assert Subjects(path, today).of("shop", "203.0.113.9", AGENT) != first


def test_the_salt_is_overwritten_then_deleted_when_its_day_is_over(tmp_path: Path) -> None:
    today, path = Days(), tmp_path / "salt"
    subjects = Subjects(path, today)
    before = subjects.of("shop", "203.0.113.9", AGENT)
    old = path.read_bytes()
    with path.open("rb") as still_open:  # as whoever had the old file open would see it
        today.day = date(2026, 11, 2)
        subjects.rotate()
        seen = still_open.read()
        assert len(seen) == len(old)
        assert old[11:] not in seen
    assert old[11:] not in path.read_bytes()
    assert [p.name for p in tmp_path.iterdir()] == ["salt"]
    assert subjects.of("shop", "203.0.113.9", AGENT) != before
    today.day = date(2026, 11, 1)  # a clock that is put back does not bring the salt back
    assert subjects.of("shop", "203.0.113.9", AGENT) != before


def test_an_unusable_file_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "salt").write_bytes(b"2026-11-01 zz")
    assert Subjects(tmp_path / "salt", Days()).of("shop", "", "").startswith("daily-")


def test_says_where_the_salt_cannot_be_kept(tmp_path: Path) -> None:
    with pytest.raises(ConsentError, match="missing/salt: cannot keep the day's salt"):
        Subjects(tmp_path / "missing" / "salt")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("testclient", ""),
    ],
)
def test_a_network_is_wide(address: str, expected: str) -> None:
    assert network(address) == expected


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (AGENT, "firefox"),
        ("… Chrome/141.0.0.0 Safari/537.36 Edg/141.0", "edge"),
        ("… Chrome/141.0.0.0 Safari/537.36 OPR/120", "opera"),
        ("… SamsungBrowser/28.0 Chrome/130 Mobile Safari/537.36", "samsung"),
        ("… Chrome/141.0.0.0 Safari/537.36", "chrome"),
        ("… CriOS/141.0 Mobile/15E148 Safari/604.1", "chrome"),
        ("… Version/18.0 Mobile/15E148 Safari/604.1", "safari"),
        ("", "other"),
    ],
)
def test_a_family_is_neither_version_nor_system(agent: str, expected: str) -> None:
    assert family(agent) == expected
