"""Drafts from others' declarations: every row, what is open, and nothing that is not there."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from consent.declarations import Draft, Row, read_declarations, to_yaml
from consent.errors import ConsentError
from consent.policies import Registry
from consent.settings import ROOT
from consent.site_models import StorageItem

HERE = Path(__file__).parent / "declarations"
SHARED = ROOT.parent.parent / "shared", ROOT.parent / "shared"
REGISTRY = Registry.load(ROOT / "policies")
Told = tuple[str | None, str | None, str | None, str | None, str | None, tuple[str, ...]]


def read(name: str | Path, *only: str) -> Draft:
    return read_declarations(HERE / name, REGISTRY.categories.meaning, only)


def told(row: Row) -> Told:
    return row.name, row.type, row.provider, row.party, row.category, row.lifetimes


def shared(name: str) -> Path:
    for folder in SHARED:
        if (folder / name).exists():
            return folder / name
    pytest.skip(f"shared/{name} does not stand beside the checkout")


ROWS: dict[str, list[Told]] = {
    "blocks.txt": [
        ("tb_quality", None, "Tuber", "third", None, ("P6M",)),
        ("__sn", None, "Shieldnet", "third", "necessary", ("PT30M",)),
        ("basket_ab", None, None, None, "necessary", ("session",)),
        ("__sn", None, "shieldnet", None, "necessary", ("PT30M",)),
        (None, None, None, None, "performance", ("P6M",)),
        ("adv#", None, None, None, "marketing", ("P30D", "P1Y")),
    ],
    "glued.txt": [
        ("vq12#", None, None, None, None, ("session", "persistent")),
        ("__cbid", None, "Cloudbox", "third", None, ("P5Y",)),
        ("__hb", None, "Hubble", None, None, ("session",)),
        ("__hb", None, "Hubble", None, None, ("P2Y",)),
        ("__t.gif", "pixel", "Hubble", None, None, ("session",)),
        ("session_key", None, None, None, None, ("P13M",)),
        ("SKOGID", None, None, None, None, ("session",)),
        ("answer", None, None, None, None, ("P365D",)),
    ],
    "table.html": [
        ("sid", "cookie", "Shop", None, "necessary", ("session",)),
        ("_ad", "local_storage", "Adwell", None, "marketing", ("persistent",)),
        ("px", "pixel", "Adwell", None, "marketing", ("P3M",)),
        ("tb", None, "Tuber", None, "marketing", ("P1Y",)),
    ],
    "open-cookie-database.csv": [
        ("_me_*", None, "Metrico", "third", "performance", ("P2Y",)),
        ("_me_ads", None, "Metrico", None, "marketing", ("P90D",)),
        ("gd", None, "Guard", None, None, ()),
        ("_me_ads", None, "Other", None, "marketing", ("P91D",)),
    ],
    "cookiebot.csv": [
        ("CookieConsent", "cookie", "shop.example", None, "necessary", ("P1Y",)),
        ("_fav", "local_storage", "shop.example", None, "functionality", ("session",)),
        ("collect", "pixel", "metrico.example", None, None, ("session",)),
    ],
    "cookiebot.json": [
        ("CookieConsent", "cookie", "shop.example", None, "necessary", ("P1Y",)),
        ("_me", "cookie", "metrico.example", None, "performance", ("P2Y",)),
    ],
    "onetrust.json": [
        ("OptanonConsent", None, None, "first", "necessary", ("P364D",)),
        ("sid", None, None, "first", "necessary", ("session",)),
        ("_ad", None, None, "third", "marketing", ("P390D",)),
    ],
    "onetrust.csv": [
        ("OptanonConsent", None, None, "first", "necessary", ("P364D",)),
        ("_ad", None, None, "third", "marketing", ("P13M",)),
    ],
}
QUESTIONS = {
    "blocks.txt": [
        "Watcher is said to store something", "a row without a name", "gives more than one lifetime",
        "'adv#' looks like a pattern", "names Adwell: is that the provider?",
    ],
    "glued.txt": [
        "'session, persistent' gives more", "'vq12#' looks like", "controller",
        "line 3: local storage is mentioned",
    ],
    "open-cookie-database.csv": ["'Security' is none", "'various' is no length of time", "lifetimes P90D / P91D"],
    "cookiebot.csv": ["'Unclassified' is none"],
}  # fmt: skip


@pytest.mark.parametrize("name", ROWS)
def test_every_row_is_read_and_nothing_else(name: str) -> None:
    assert [told(row) for row in read(name).rows] == ROWS[name]


@pytest.mark.parametrize("name", QUESTIONS)
def test_what_is_open_is_asked(name: str) -> None:
    asked = "\n".join(map(str, read(name).questions))
    for question in QUESTIONS[name]:
        assert question in asked


def test_facts_of_the_whole_text() -> None:
    draft = read("blocks.txt")
    assert (draft.controller, draft.contact, draft.effective_from) == (
        "Fjord Bikes AS", "privacy@fjordbikes.example", "2026-03-03",
    )  # fmt: skip
    assert draft.providers == {"Tuber": True, "Shieldnet": True, "Watcher": True}


@pytest.mark.parametrize("name", ROWS)
def test_a_draft_is_a_site_file_that_says_the_same(name: str, tmp_path: Path) -> None:
    draft = read(name)
    path = tmp_path / "draft.yaml"
    path.write_text(to_yaml(draft, name, "shop"), encoding="utf-8")
    (site,) = REGISTRY.with_site_files([path]).sites.values()
    assert [from_item(item) for item in site.storage] == [
        (name, kind or "cookie", provider, party, category, ", ".join(lifetimes))
        for name, kind, provider, party, category, lifetimes in map(told, draft.rows)
    ]
    assert path.read_text(encoding="utf-8").count("\n#   ") == len(draft.questions)


def from_item(item: StorageItem) -> tuple[str | None, ...]:
    lifetime = item.lifetime.text if item.lifetime else ""
    return item.name, item.type, item.provider, item.party, item.category, lifetime


def test_a_name_cannot_break_out_of_its_line(tmp_path: Path) -> None:
    hostile = tmp_path / "list.csv"
    hostile.write_text('name,purpose\n"a: [b","x\n# y: {z"\n"NO",~\n"- c","a\u2028b"\n', encoding="utf-8")
    path = tmp_path / "draft.yaml"
    path.write_text(to_yaml(read(hostile), "a\nsite: evil.csv"), encoding="utf-8")
    (site,) = REGISTRY.with_site_files([path]).sites.values()
    assert [item.name for item in site.storage] == ["a: [b", "NO", "- c"]


def test_only_some_rows() -> None:
    draft = read("open-cookie-database.csv", "GUARD", "other")
    assert [row.name for row in draft.rows] == ["gd", "_me_ads"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"Nothing about that here.\n", "found none"),
        (b"\x00\xff\xfe\x80\x81", "found none"),
        (b'{"a": [', "expected JSON"),
        (b"day,visits\n2026-01-01,3\n", "found none"),
    ],
)
def test_what_is_no_declaration_is_refused(content: bytes, problem: str, tmp_path: Path) -> None:
    path = tmp_path / ("list.json" if content.startswith(b"{") else "list.txt")
    path.write_bytes(content)
    with pytest.raises(ConsentError, match=problem) as caught:
        read(path)
    assert str(path) in str(caught.value)
    with pytest.raises(ConsentError, match="cannot be read"):
        read(tmp_path / "nowhere.csv")


# The two policies that policies/sites describes, as they were published.
SEEDS = {"seeds/000_928505de94da3dd3.txt": "cp-app", "seeds/003_a0072821e5ab4411.txt": "videonor"}
# What a person read out of the text beyond the cell it stands in: the purpose names it, or the row above does.
READ_BY_A_PERSON = {("cp-app", "provider")}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_published_policies_give_the_rows_that_people_found_in_them(seed: str) -> None:
    draft = read(shared(seed))
    site = REGISTRY.sites[SEEDS[seed]]
    declared = [item for item in site.storage if item.type != "local_storage"]  # a mechanism, not a row of the list
    meaning = REGISTRY.categories.meaning
    assert [(r.name, r.type or "cookie", r.party, r.category, ", ".join(r.lifetimes)) for r in draft.rows] == [
        (i.name, i.type, i.party, meaning.get(i.category or ""), i.lifetime.text if i.lifetime else "")
        for i in declared
    ]
    for row, item in zip(draft.rows, declared, strict=True):
        if row.provider is not None:
            assert (item.provider or "").lower().startswith(row.provider.lower())
        elif item.provider is not None:
            assert (site.site, "provider") in READ_BY_A_PERSON
            assert row.purpose is not None
    assert draft.controller == site.controller
    assert draft.contact is None  # neither gives an address in so many words
    asked = "\n".join(map(str, draft.questions))
    if site.site == "cp-app":
        assert asked.count("a row without a name") == 5
        assert "Clarity is said to store something" in asked
    else:
        assert "local storage is mentioned, without its keys" in asked
        assert draft.effective_from == "2018-09-10"


def test_the_open_cookie_database_is_read_whole() -> None:
    path = shared("data/open-cookie-database.csv")
    draft = read(path)
    with path.open(encoding="utf-8-sig", newline="") as file:
        records = list(csv.DictReader(file))
    assert len(draft.rows) == len(records) == 2264
    assert sum("*" in (row.name or "") for row in draft.rows) >= 260
    without = {record["Retention period"] for record, row in zip(records, draft.rows, strict=True) if not row.lifetimes}
    assert without == {
        "", "0 day", "0 days", "10 Nov 2030", "Awin", "Deleted when oauth state is validated", "Immediately removed",
        "Local Storage", "Unknown", "Varies", "undefined", "various",
    }  # fmt: skip
