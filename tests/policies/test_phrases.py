"""How long something lasts, in words."""

from __future__ import annotations

import csv

import pytest

from consent.declarations.phrases import read_phrase
from consent.durations import parse
from tests.policies.test_import import shared

# What a list says, the lifetimes in it, and whether a person has to look.
PHRASES = {
    "2 years": ("P2Y", False), "1 Year": ("P1Y", False), "1 year ": ("P1Y", False), "13 months": ("P13M", False),
    "1 months": ("P1M", False), "14 weeks": ("P14W", False), "179 days": ("P179D", False), "48 hours": ("PT48H", False),
    "30 mins": ("PT30M", False), "30 secs": ("PT30S", False), "90 sec": ("PT90S", False),
    "1440 Minutes": ("PT1440M", False),
    "one year": ("P1Y", False), "6-months": ("P6M", False), "2 år": ("P2Y", False), "6 Monate": ("P6M", False),
    "13 mois": ("P13M", False), "1 año": ("P1Y", False), "30 dager": ("P30D", False), "12 maanden": ("P12M", False),
    "session": ("session", False), "Session": ("session", False), "Sessions": ("session", False),
    "Seesion": ("session", False), "session cookie": ("session", False), "End of session (browser)": ("session", False),
    "When the user's browser is closed.": ("session", False), "None. Session cookie": ("session", False),
    "forever": ("persistent", False), "Unlimited": ("persistent", False), "permanent": ("persistent", False),
    "no expiration": ("persistent", False), "Persistent": ("persistent", False), "persistent, 2 years": ("P2Y", False),
    "2 years after last activity": ("P2Y", True), "1 hour or longer": ("PT1H", True),
    "6 months by default, modifiable": ("P6M", True), "10 years from set/ update": ("P10Y", True),
    "1 year (in some countries, the period may be longer)": ("P1Y", True),
    "1 week to 1 year": ("P1W P1Y", True), "Session to 30 days": ("P30D session", True),
    "30 minutes, 3w or 1y depending on value": ("PT30M P3W P1Y", True),
    "session, persistent": ("session persistent", True),
    "14 days if you choose so. Otherwise, Session.": ("P14D session", True),
    "0 days": ("", True), "10 Nov 2030": ("", True), "various": ("", True), "Varies": ("", True), "Unknown": ("", True),
    "Local Storage": ("", True), "Immediately removed": ("", True), "undefined": ("", True), "1.5 years": ("", True),
    "5 cookies": ("", True), "": ("", False),
}  # fmt: skip


@pytest.mark.parametrize("text", PHRASES)
def test_a_phrase(text: str) -> None:
    lifetimes, is_open = PHRASES[text]
    phrase = read_phrase(text)
    assert (" ".join(phrase.lifetimes), phrase.question is not None) == (lifetimes, is_open), phrase


def test_all_spellings_of_the_open_cookie_database() -> None:
    with shared("data/open-cookie-database.csv").open(encoding="utf-8-sig", newline="") as file:
        spellings = {record["Retention period"] for record in csv.DictReader(file)}
    assert len(spellings) == 175
    read = {spelling: read_phrase(spelling) for spelling in spellings}
    for phrase in read.values():
        for lifetime in phrase.lifetimes:
            assert lifetime in ("session", "persistent") or parse(lifetime)
    plain = {spelling for spelling, phrase in read.items() if len(phrase.lifetimes) == 1 and phrase.question is None}
    asked = {spelling for spelling, phrase in read.items() if phrase.question}
    assert plain | asked | {""} == spellings
    assert len(asked) == 28
