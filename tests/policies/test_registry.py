"""The registry: what is refused, and how; what is read; what the policy tables hold."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from consent.errors import PolicyError
from consent.policies import Registry
from consent.policy_models import Duty, Jurisdiction, Limit, Rule, RuleCase
from consent.policy_tables import TABLES
from consent.settings import ROOT
from consent.site_models import (
    Banner,
    Processor,
    Promise,
    Provider,
    Site,
    StorageItem,
    Toggle,
    Version,
    When,
)

POLICIES = ROOT / "policies"
Edit = Callable[[str, str, str], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(POLICIES, tmp_path / "policies")
    return tmp_path / "policies"


def refused(folder: Path) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        Registry.load(folder)
    assert "\n" not in str(caught.value)
    return caught.value


def put(folder: Path, text: str, name: str = "sites/shop.yaml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


SITE_MISTAKES = {
    "unknown key": ("site: shop\nnmae: Shop\n", 2, "nmae", ["did you mean 'name'?", "allowed: site, name"]),
    "unknown key in a row": (
        "site: shop\nstorage:\n  - name: a\n  - name: b\n    lifetme: P1Y\n", 5, "storage.2.lifetme",
        ["did you mean 'lifetime'?"],
    ),
    "missing": ("name: Shop\n", 1, "site", ["required"]),
    "wrong lifetime": (
        "site: shop\nstorage:\n  - name: a\n    lifetime: 6 months\n", 4, "storage.1.lifetime",
        ["P6M", "session", "persistent", "came '6 months'"],
    ),
    "wrong lifetime in a list": (
        "site: shop\nstorage:\n  - lifetime: [session, forever]\n", 3, "storage.1.lifetime", ["came 'forever'"],
    ),
    "unknown place served": (
        "site: shop\njurisdictions: [FR, UK]\n", 2, "jurisdictions.2", ["jurisdictions.yaml", "'UK'"],
    ),
    "unknown relation to keep": ("site: shop\nretention:\n  event: P1Y\n", 3, "retention.event", ["events'?"]),
    "a toggle of nothing known": (
        "site: shop\nbanners:\n  - toggles:\n      - categories: [ads, adz]\n", 4, "banners.1.toggles.1.categories.2",
        ["did you mean 'ads'?"],
    ),
    "a category of the site's own that is none": (
        "site: shop\ncategories:\n  social: socials\n", 3, "categories.social", ["expected one of necessary"],
    ),
    "a hash that is none": ("site: shop\nbanners:\n  - notice_hash: abc\n", 3, "banners.1.notice_hash", ["'abc'"]),
    "a promise nobody knows": (
        "site: shop\npromises:\n  - promise: reject_blocks\n", 3, "promises.1.promise", ["reject_blocks_nonessential"],
    ),
    "a promise without its period": (
        "site: shop\npromises:\n  - promise: preference_suppresses_banner\n", 3, "promises.1",
        ["expected period; came none"],
    ),
    "a promise with too much": (
        "site: shop\npromises:\n  - promise: reject_blocks_nonessential\n    period: P1Y\n", 3, "promises.1",
        ["expected no other key; came period"],
    ),
    "a country in words": (
        "site: shop\nprocessors:\n  - name: Host\n    country: Norway\n", 4, "processors.1.country", ["came 'Norway'"],
    ),
    "no lifetime in the list": ("site: shop\nstorage:\n  - lifetime: []\n", 3, "storage.1.lifetime", ["came []"]),
    "number for a lifetime": ("site: shop\nstorage:\n  - lifetime: 365\n", 3, "storage.1.lifetime", ["came 365"]),
    "wrong enumeration": (
        "site: shop\nstorage:\n  - type: cookies\n", 3, "storage.1.type",
        ["expected one of cookie, local_storage", "did you mean 'cookie'?", "came 'cookies'"],
    ),
    "wrong party": ("site: shop\nstorage:\n  - party: second\n", 3, "storage.1.party", ["first, third", "'second'"]),
    "unknown category": (
        "site: shop\nstorage:\n  - category: marketting\n", 3, "storage.1.category",
        ["necessary, functionality, performance, marketing", "did you mean 'marketing'?", "came 'marketting'"],
    ),
    "unknown jurisdiction": ("site: shop\njurisdiction: UK\n", 2, "jurisdiction", ["jurisdictions.yaml", "'UK'"]),
    "default is no jurisdiction": ("site: shop\njurisdiction: default\n", 2, "jurisdiction", ["came 'default'"]),
    "wrong duration": ("site: shop\nconsent_validity: 12\n", 2, "consent_validity", ["ISO 8601", "came 12"]),
    "version without a time": (
        "site: shop\nversions:\n  - version: '1'\n", 3, "versions.1.effective_from", ["required"],
    ),
    "time without an offset": (
        "site: shop\nversions:\n  - version: '1'\n    effective_from: 2026-03-01T09:00\n", 4,
        "versions.1.effective_from", ["with an offset", "came '2026-03-01T09:00'"],
    ),
    "versions not in order": (
        "site: shop\nversions:\n  - {version: '2', effective_from: 2026-03-01}\n"
        "  - {version: '1', effective_from: 2026-02-01}\n", 4, "versions.2.effective_from", ["later time"],
    ),
    "version twice": (
        "site: shop\nversions:\n  - {version: '1', effective_from: 2026-03-01}\n"
        "  - {version: '1', effective_from: 2026-04-01}\n", 4, "versions.2", ["twice"],
    ),
    "provider twice": ("site: shop\nproviders:\n  - name: A\n  - name: A\n", 4, "providers.2", ["'A' is there twice"]),
    "split of nothing": ("site: shop\nplanned_split: {a: 0}\n", 2, "planned_split.a", ["greater than 0", "came 0"]),
    "key twice": ("site: shop\nname: A\nname: B\n", 3, "name", ["already on line 2"]),
    "key twice in a row": ("site: shop\nstorage:\n  - name: a\n    name: b\n", 4, "storage.1.name", ["on line 3"]),
    "list for a mapping": ("- site: shop\n", 1, "(file)", ["expected a mapping"]),
    "text for a row": ("site: shop\nstorage:\n  - fr\n", 3, "storage.1", ["expected a mapping with the keys name"]),
    "empty": ("", 1, "(file)", ["expected a mapping"]),
    "not YAML": ("site: shop\nname: [a\n", 3, "(file)", ["not YAML"]),
    "anchor": ("site: &s shop\nname: *s\n", 2, "(file)", ["anchors and aliases are not used"]),
    "tag": ("site: !!binary c2hvcA==\n", 1, "site", ["plain text"]),
    "file named otherwise": ("site: store\n", 1, "site", ["'shop'", "came 'store'"]),
    "space in an id": ("site: my shop\n", 1, "site", ["pattern", "came 'my shop'"]),
}  # fmt: skip


@pytest.mark.parametrize("mistake", SITE_MISTAKES)
def test_a_mistake_in_a_site_is_shown_where_it_is(mistake: str, folder: Path) -> None:
    text, line, field, words = SITE_MISTAKES[mistake]
    error = refused(put(folder, text))
    assert (error.file, error.line, error.field) == (folder / "sites/shop.yaml", line, field), str(error)
    for word in words:
        assert word in error.problem


EDITS = {
    "synonym twice": ("categories.yaml", "synonyms: [functional,", "synonyms: [functional, ads,", "already means"),
    "term of no category": ("categories.yaml", "- category: performance", "- category: performanse", "'performance'?"),
    "term in capitals": ("categories.yaml", "[analytics,", "[Analytics,", "lower-case"),
    "a fifth category": ("categories.yaml", "  marketing:\n", "  social:\n", "expected one of necessary"),
    "region twice": ("jurisdictions.yaml", "regions: [IE]", "regions: [IE, FR]", "already belongs to 'FR'"),
    "region in small letters": ("jurisdictions.yaml", "regions: [IE]", "regions: [ie]", "came 'ie'"),
    "unknown limit": ("jurisdictions.yaml", "      consent_validity:\n", "      consent_valdity:\n", "did you mean"),
    "wrong evidence": ("jurisdictions.yaml", "evidence: S", "evidence: X", "expected one of S, Q, K"),
    "wrong regime": ("jurisdictions.yaml", "regime: opt_out", "regime: optout", "did you mean 'opt_out'?"),
    "binding maybe": ("jurisdictions.yaml", "binding: true", "binding: maybe", "came 'maybe'"),
    "value in words": ("jurisdictions.yaml", "value: P13M", "value: 13 months", "came '13 months'"),
    "no default": ("jurisdictions.yaml", "  default:\n", "  XX:\n", "expected the key 'default'"),
    "default without a number": ("jurisdictions.yaml", "value: P12M", "value: null", "required: a value"),
    "wrong severity": ("rules.yaml", "severity: critical", "severity: grave", "low, medium, high, critical"),
    "unknown key of a case": ("rules.yaml", "        severity: high\n", "        severty: high\n", "'severity'?"),
}


@pytest.mark.parametrize("mistake", EDITS)
def test_a_mistake_in_a_shared_file_is_shown_where_it_is(mistake: str, folder: Path) -> None:
    name, old, new, problem = EDITS[mistake]
    path = folder / name
    text = path.read_text(encoding="utf-8")
    at = text.index(old)
    path.write_text(text[:at] + new + text[at + len(old) :], encoding="utf-8")
    error = refused(folder)
    assert error.file == path
    assert problem in error.problem
    if mistake not in {"no default", "a fifth category", "synonym twice"}:
        assert abs(error.line - (text[:at].count("\n") + 1)) <= 1


def test_two_versions_of_a_limit_need_different_days(folder: Path) -> None:
    put(
        folder,
        (folder / "jurisdictions.yaml").read_text(encoding="utf-8")
        + "\n  MT:\n    name: Malta\n    regime: opt_in\n    limits:\n      reask_floor:\n"
        "        - {value: P6M, binding: false, evidence: K, citation: a}\n"
        "        - {value: P1Y, binding: false, evidence: K, citation: b}\n",
        "jurisdictions.yaml",
    )
    assert refused(folder).field == "jurisdictions.MT.limits.reask_floor"


def test_a_missing_file_and_bytes_that_are_no_text(folder: Path) -> None:
    (folder / "sites/shop.yaml").write_bytes(b"site: shop\nname: \xff\n")
    error = refused(folder)
    assert (error.line, error.problem) == (2, "expected UTF-8 text")
    (folder / "rules.yaml").unlink()
    assert "not there" in refused(folder).problem


def test_norway_is_not_false_and_a_date_is_a_day_in_utc(folder: Path) -> None:
    put(
        folder,
        "site: shop\njurisdiction: NO\nname: on\nbaseline_variant: 12e3\nversions:\n"
        "  - {version: 2026-03-01, effective_from: 2026-03-01}\n"
        "  - {version: '2', effective_from: '2026-03-02T01:00:00+02:00', material: true}\n",
    )
    site = Registry.load(folder).sites["shop"]
    assert (site.jurisdiction, site.name, site.baseline_variant) == ("NO", "on", "12e3")
    assert [str(version.effective_from) for version in site.versions] == ["2026-03-01 00:00:00", "2026-03-01 23:00:00"]


def test_the_fingerprint_changes_with_any_byte_and_with_nothing_else(folder: Path) -> None:
    first = Registry.load(folder).fingerprint
    assert re.fullmatch("[0-9a-f]{64}", first)
    assert Registry.load(POLICIES).fingerprint == first
    path = folder / "sites/videonor.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "# a remark\n", encoding="utf-8")
    assert Registry.load(folder).fingerprint != first


def test_sites_given_by_path_stand_alone(folder: Path, tmp_path: Path) -> None:
    draft = tmp_path / "draft.yaml"
    draft.write_text("site: shop\n", encoding="utf-8")
    registry = Registry.load(folder)
    assert list(registry.with_site_files([draft]).sites) == ["shop"]
    assert sorted(registry.sites) == ["cp-app", "videonor"]
    with pytest.raises(PolicyError, match="already described"):
        registry.with_site_files([draft, draft])


def test_the_tables_are_those_of_the_registry_and_are_written_again() -> None:
    registry = Registry.load(POLICIES)
    with duckdb.connect() as con:
        registry.write(con)
        once = {table: con.execute(f"select * from policy.{table} order by all").fetchall() for table in TABLES}
        registry.write(con)
        assert once == {table: con.execute(f"select * from policy.{table} order by all").fetchall() for table in TABLES}
        assert con.execute("select region from policy.regions group by all having count(*) > 1").fetchall() == []
        rows = con.execute(
            "select name, category, lifetime, lifetime_kind, lifetime_longest_s / 86400, line > 1"
            " from policy.storage_items where site = 'videonor' and row_no in (1, 7, 8, 11) order by row_no"
        ).fetchall()
    assert rows == [
        ("__ab12#", None, "session, persistent", "conflicting", None, True),
        ("__ptq.gif", None, "session", "session", None, True),
        ("hubspotutk", None, "P10Y", "duration", 3653.0, True),
        (None, None, None, None, None, True),
    ]


def test_a_wildcard_is_a_full_match_and_every_other_sign_is_itself(folder: Path) -> None:
    put(folder, "site: shop\nstorage:\n  - name: _ga_*\n  - name: a.b[*](x)\n  - name: a.b\n")
    with duckdb.connect() as con:
        Registry.load(folder).write(con)
        matches = con.execute(
            "select s, name from policy.storage_items, unnest(['_ga_', '_ga_X1', 'x_ga_1', 'a.b[7](x)', 'a.b']) as t(s)"
            " where site = 'shop' and regexp_full_match(s, name_regex) order by all"
        ).fetchall()
    assert matches == [("_ga_", "_ga_*"), ("_ga_X1", "_ga_*"), ("a.b[7](x)", "a.b[*](x)")]


def test_every_key_is_explained_to_those_who_edit() -> None:
    readme = (POLICIES / "README.md").read_text(encoding="utf-8")
    models = (Site, StorageItem, Version, Banner, Toggle, Provider, Processor, Promise, When)
    for model in (*models, Jurisdiction, Limit, Duty, Rule, RuleCase):
        for key in model.model_fields:
            assert f"`{key}`" in readme, f"{model.__name__}.{key}"
