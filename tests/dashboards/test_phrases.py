"""Texts that data carries in English, said in Norwegian: what has a shape, what has none, and what must not change."""

from __future__ import annotations

import re

import pytest

from consent.decoding import decode_sql
from consent.policies import Registry
from consent.settings import ROOT
from dashboards import i18n, phrases, shapes


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "marketing storage seen at 2026-10-30 23:41:22 UTC, denied at 2026-10-30 23:39:22 UTC",
            "lagring (markedsføring) sett 30. okt. 2026 kl. 23:41:22 UTC, avslått 30. okt. 2026 kl. 23:39:22 UTC",
        ),
        (
            "at most 1 year 1 month (the organisation's own default)",
            "høyst 1 år 1 måned (virksomhetens egen standard)",
        ),
        (
            "declared: P1Y, session; seen with up to 63072000 s (730.0 days)",
            "oppgitt: 1 år, økt; sett med inntil 63\u00a0072\u00a0000 s (730,0 dager)",
        ),
        ("declared: P1Y and P6M", "oppgitt: 1 år og 6 måneder"),
        ("missing: category, lifetime; provider and party", "mangler: kategori, levetid; leverandør og part"),
        (
            "declared: one toggle for marketing, performance; and one for functionality, marketing",
            "oppgitt: én bryter for markedsføring, statistikk; og én for funksjonalitet, markedsføring",
        ),
        ("seen as local_storage of a.example and 2 more", "sett som lokal lagring fra a.example og 2 til"),
    ],
)
def test_a_text_with_a_shape_is_said_anew(text: str, said: str) -> None:
    assert phrases.told(text) == text
    with i18n.speaking("nb"):
        assert str(phrases.told(text)) == said


def test_a_text_without_a_shape_stays_marked_as_english_and_escaped() -> None:
    with i18n.speaking("nb"):
        assert phrases.told("10 <b>years</b>") == '<span lang="en">10 &lt;b&gt;years&lt;/b&gt;</span>'
        assert phrases.told(None) == "–"
        assert phrases.told("relied on at 2026-02-30 25:61:00 UTC") != ""


def test_names_of_storage_are_not_translated() -> None:
    with i18n.speaking("nb"):
        assert phrases.item("consent", "storage_before_consent", "seen") == "consent"
        assert phrases.item("contact", "declaration_incomplete", "missing: category") == "contact"
        assert phrases.item("contact", "declaration_incomplete", "missing: contact") == "kontaktadresse"
        assert phrases.item("decision records", "proof_overretained", "") == "registrerte valg"


def test_every_reason_of_the_decoder_is_said() -> None:
    reasons = set(re.findall(r"then '(\w+ [\w.]+: expected (?:[^']|'')*)'", decode_sql()))
    assert len(reasons) > 60
    with i18n.speaking("nb"):
        assert [one for one in reasons if "lang=" in phrases.reason(one) or "<code>" not in phrases.reason(one)] == []
        assert phrases.reason("missing site: expected string") == "<code>missing site</code>: ventet tekst"
    assert phrases.reason("missing site: expected string") == "missing site: expected string"


def test_every_citation_is_said() -> None:
    registry = Registry.load(ROOT / "policies")
    cited = {rule.citation for rule in registry.rules.values()}
    cited |= {case.citation for rule in registry.rules.values() for case in rule.cases.values() if case.citation}
    for jurisdiction in registry.jurisdictions.values():
        cited |= {limit.citation for versions in jurisdiction.limits.values() for limit in versions}
        cited |= {duty.citation for duty in jurisdiction.duties.values()}
    kept = {"Cal. Civ. Code", "IAB TCF 2.3"}
    with i18n.speaking("nb"):
        same = {one for one in cited if phrases.citation(f"{one} [Q]") == f"{one} [Q]"}
        assert same <= kept
        gdpr = phrases.citation("GDPR art. 7(3) [S]")
        assert gdpr == "personvernforordningen (GDPR) art. 7 nr. 3 [S]"
        two = phrases.citation("GDPR art. 7(3); ePrivacy Directive art. 5(3) [Q] [S]")
        assert two.endswith("kommunikasjonsverndirektivet (2002/58/EF) art. 5 nr. 3 [Q] [S]")


@pytest.mark.parametrize("listed", [shapes.TOLD, shapes.UNDECIDED, shapes.ITEMS, shapes.WORDS, shapes.EXPECTED])
def test_no_shape_is_hidden_by_one_before_it(listed: tuple[str, ...]) -> None:
    samples = {
        "when": "2026-01-02 03:04:05 UTC", "since": "2026-01-01 00:00:00 UTC", "day": "2026-01-02",
        "first": "2026-01-03", "last": "2026-01-04", "period": "6 months", "n": "3", "more": "4", "number": "5.5",
        "category": "marketing", "other": "performance", "categories": "marketing, performance", "types": "cookie",
        "terms": "P1Y", "words": "name, category", "source": " (the site's own)", "text": "a.example", "name": "x-1",
    }  # fmt: skip
    for shape in listed:
        found = phrases._matched(listed, shape % samples)
        assert found is not None
        assert found[0] == shape
