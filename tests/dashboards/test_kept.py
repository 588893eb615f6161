"""What is kept is bounded, and what was used last stays."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from dashboards.kept import Kept


def test_the_one_unused_for_longest_goes() -> None:
    kept: Kept[str, int] = Kept(most=2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert [kept.get(key) for key in "abc"] == [1, None, 3]


def test_what_many_ask_for_at_once_is_made_once() -> None:
    kept: Kept[str, int] = Kept()
    made: list[int] = []
    everyone = threading.Barrier(8)

    def make() -> int:
        time.sleep(0.05)
        made.append(1)
        return 7

    def ask(_: int) -> int:
        everyone.wait()
        return kept.get_or("a", make)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {7}
    assert made == [1]
