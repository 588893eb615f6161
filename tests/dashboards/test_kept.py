"""What is kept is bounded, and what was used last stays."""

from __future__ import annotations

from dashboards.kept import Kept


def test_the_one_unused_for_longest_goes() -> None:
    kept: Kept[str, int] = Kept(most=2)
    kept.put("a", 1)
    kept.put("b", 2)
    assert kept.get("a") == 1
    kept.put("c", 3)
    assert [kept.get(key) for key in "abc"] == [1, None, 3]
