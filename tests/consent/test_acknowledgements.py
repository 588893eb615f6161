"""Acknowledgements: kept whole or not at all, and for as long as was said."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest

from consent.acknowledgements import Acknowledgement, acknowledge, journal, read, standing, take_back
from consent.errors import ConsentError, JournalError
from consent.settings import Settings

FINDING = "0123456789abcdef0123456789abcdef"
TODAY = datetime.now(UTC).date()


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def test_what_was_acknowledged_is_read_back(settings: Settings) -> None:
    assert read(settings) == []
    made = acknowledge(settings, FINDING, by="Mari (DPO)", until=TODAY, why="Fix ships\nnext week – ticket 4")
    assert read(settings) == [made]
    assert standing(read(settings), now()) == {FINDING: made}
    assert oct(journal(settings).path.stat().st_mode & 0o777) == "0o600"


def test_it_holds_to_the_end_of_its_day_and_no_longer() -> None:
    at, until = datetime(2026, 10, 1, 12), datetime(2026, 10, 3).date()
    made = Acknowledgement(FINDING, at, "Mari", until, "known")
    assert standing([made], at - timedelta(seconds=1)) == {}
    assert standing([made], datetime(2026, 10, 3, 23, 59, 59)) == {FINDING: made}
    assert standing([made], datetime(2026, 10, 4)) == {}


def test_the_last_one_counts_and_can_be_taken_back(settings: Settings) -> None:
    acknowledge(settings, FINDING, by="Mari", until=TODAY + timedelta(days=9), why="known")
    later = acknowledge(settings, FINDING, by="Ola", until=TODAY, why="shorter after all")
    assert standing(read(settings), now()) == {FINDING: later}
    take_back(settings, FINDING, by="Ola", why="fixed")
    assert standing(read(settings), now()) == {}
    with pytest.raises(ConsentError, match="no acknowledgement holds"):
        take_back(settings, FINDING, by="Ola", why="again")


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"finding_id": "x"}, "32 hexadecimal digits"),
        ({"by": " "}, "by: expected 1 to 200"),
        ({"why": "w" * 1001}, "why: expected 1 to 1000 characters; came 1001"),
        ({"until": TODAY - timedelta(days=1)}, "until: expected today"),
        ({"until": None}, "until: expected a day"),
        ({"until": datetime.now(UTC)}, "until: expected a day"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_kept(
    settings: Settings, changed: dict[str, object], message: str
) -> None:
    given = {"finding_id": FINDING, "by": "Mari", "until": TODAY, "why": "known"} | changed
    with pytest.raises(ConsentError, match=message):
        acknowledge(settings, **given)  # type: ignore[arg-type]
    assert not journal(settings).path.exists()


def test_a_torn_end_costs_that_line_alone(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    first = acknowledge(settings, FINDING, by="Mari", until=TODAY, why="one")
    path = journal(settings).path
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:40])
    assert read(settings) == [first]
    assert "skipped 1 line(s)" in caplog.text
    second = acknowledge(settings, FINDING, by="Mari", until=TODAY, why="two")
    assert read(settings) == [first, second]


def test_lines_of_another_form_are_left_out(settings: Settings) -> None:
    journal(settings).append({"finding_id": FINDING, "at": "yesterday", "by": "Mari", "until": None, "why": "?"})
    journal(settings).append({"something": "else"})
    assert read(settings) == []


def test_many_at_once_lose_none_also_while_the_journal_is_rewritten(settings: Settings) -> None:
    def write(by: str) -> None:
        for place in range(40):
            acknowledge(settings, FINDING, by=by, until=TODAY, why=f"{place}")

    acknowledge(settings, FINDING, by="first", until=TODAY, why="secret")
    threads = [threading.Thread(target=write, args=(f"w{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    assert journal(settings).rewrite(lambda content: content.replace(b"secret", b"[erased]"))
    for thread in threads:
        thread.join()
    made = read(settings)
    assert len(made) == 161
    assert {one.why for one in made if one.by == "first"} == {"[erased]"}


def test_a_file_that_cannot_be_written_is_named(settings: Settings) -> None:
    (settings.home / "acknowledgements.ndjson").mkdir(parents=True)  # root may write anywhere else
    with pytest.raises(JournalError, match=r"acknowledgements\.ndjson: cannot write"):
        acknowledge(settings, FINDING, by="Mari", until=TODAY, why="known")
