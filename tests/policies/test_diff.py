"""What changed between two versions of a site, and whether people have to be asked again."""

from __future__ import annotations

from pathlib import Path

import pytest

from consent.policies import Registry
from consent.policy_diff import Diff, diff
from consent.settings import ROOT

BEFORE = """\
site: shop
controller: Shop AS
contact: post@shop.example
versions:
  - {version: "1", effective_from: 2026-01-01}
providers:
  - {name: Metrico, sets_storage: true}
storage:
  - {name: sid, category: necessary, lifetime: session, purpose: Keeps the basket}
  - {name: _me, category: performance, lifetime: P13M, purpose: Counts visits, provider: Metrico, party: first}
"""
VERSION = '  - {version: "1", effective_from: 2026-01-01}\n'


def compared(tmp_path: Path, *edits: tuple[str, str], version: str = "") -> Diff:
    after = BEFORE
    for old, new in edits:
        assert old in after
        after = after.replace(old, new)
    after = after.replace(VERSION, VERSION + version)
    registry = Registry.load(ROOT / "policies")
    sites = []
    for name, text in (("before", BEFORE), ("after", after)):
        path = tmp_path / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        sites += registry.with_site_files([path]).sites.values()
    return diff(*sites, registry.categories.meaning)


# An edit, what it is called, and whether earlier consents fall short of it.
EDITS = {
    "more storage": (("storage:\n", "storage:\n  - {name: _ad, category: marketing}\n"), "storage _ad", True),
    "more storage of an unknown category": (("storage:\n", "storage:\n  - {name: _x}\n"), "storage _x", True),
    "more that is necessary": (("storage:\n", "storage:\n  - {name: lb, category: essential}\n"), "storage lb", False),
    "less storage": (("  - {name: _me,", "  # - {name: _me,"), "storage _me", False),
    "a longer life": (("P13M", "P25M"), "storage _me: lifetime", True),
    "a shorter life": (("P13M", "P6M"), "storage _me: lifetime", False),
    "no end": (("P13M", "persistent"), "storage _me: lifetime", True),
    "a longer life of what is necessary": (("lifetime: session", "lifetime: P1D"), "storage sid: lifetime", False),
    "another purpose": (("Counts visits", "Draws heatmaps"), "storage _me: purpose", True),
    "another provider": (("provider: Metrico", "provider: Other"), "storage _me: provider", True),
    "a third party": (("party: first", "party: third"), "storage _me: party", True),
    "a stricter category": (("performance", "marketing"), "storage _me: category", True),
    "a milder category": (("performance", "functionality"), "storage _me: category", False),
    "from necessary to asked for": (("sid, category: necessary", "sid, category: ads"), "storage sid: category", True),
    "another controller": (("Shop AS", "Shop Group AS"), "controller", True),
    "another address": (("post@shop.example", "dpo@shop.example"), "contact", False),
    "one more provider": (("providers:\n", "providers:\n  - {name: B, sets_storage: true}\n"), "provider B", True),
    "one more system that stores nothing": (("providers:\n", "providers:\n  - {name: B}\n"), "provider B", False),
    "a processor": (("providers:\n", "processors:\n  - {name: Host}\nproviders:\n"), "processor Host", True),
    "retention": (("providers:\n", "retention: {events: P13M}\nproviders:\n"), "retention", False),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS)
def test_a_change_is_told_with_what_follows(edit: str, tmp_path: Path) -> None:
    replaced, what, needs = EDITS[edit]
    found = compared(tmp_path, replaced)
    assert [difference.what for difference in found.differences] == [what]
    assert found.needs_reconsent == needs == bool(found.differences[0].why)


def test_no_difference(tmp_path: Path) -> None:
    assert compared(tmp_path) == Diff([], False, None)


def test_the_versions_have_to_say_what_follows(tmp_path: Path) -> None:
    longer, milder = ("P13M", "P25M"), ("P13M", "P6M")
    new, material = '  - {version: "2", effective_from: 2026-02-01}\n', (
        '  - {version: "2", effective_from: 2026-02-01, material: true}\n'
    )  # fmt: skip
    assert "no new entry" in (compared(tmp_path, longer).warning or "")
    assert "no new version is marked" in (compared(tmp_path, longer, version=new).warning or "")
    assert compared(tmp_path, longer, version=material).warning is None
    assert compared(tmp_path, milder, version=new).warning is None
    assert "nothing here asks for more" in (compared(tmp_path, milder, version=material).warning or "")
