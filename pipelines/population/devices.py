"""One visitor's device: it writes events as canonical JSON into the timeline, with a clock and a network of its own."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from random import Random
from typing import NamedTuple

from pipelines.population.sites import (
    DAY_S,
    FUNCTIONALITY,
    MARKETING,
    PERFORMANCE,
    SITES,
    Banner,
    Item,
    Site,
    notice_hash,
)
from pipelines.population.timeline import DAY_MS, Timeline

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
RESENT = 0.004
_CLOCK = [f"T{s // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}." for s in range(DAY_S)]
_MILLISECONDS = [f"{ms:03d}Z" for ms in range(1000)]
_BOOL = ("false", "true")


@dataclass
class World:
    """What all devices share: chance, the timeline, and the tallies of what was written."""

    rng: Random
    timeline: Timeline
    events: int = 0
    duplicates: int = 0
    bots: int = 0
    clock_skewed: int = 0
    late: int = 0
    findings: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    ids: Iterator[str] = field(init=False)

    def __post_init__(self) -> None:
        self.ids = event_ids(self.rng)


class Prompt(NamedTuple):
    """A banner that was put before a visitor, at a time in milliseconds."""

    id: str
    at: int
    banner: Banner
    variant: str


class Device:
    """A visitor's browser or app on one site.

    `clock_ms` is how far its clock is off and `delay_ms` how long its events travel; both hold for a visit, so
    that the order of its events survives whichever clock is believed.
    """

    __slots__ = ("_context", "_key", "_language", "bot", "clock_ms", "delay_ms", "platform", "region", "site", "world")

    def __init__(
        self, world: World, site: Site, *, platform: str, region: str, language: str, bot: bool = False
    ) -> None:
        self.world, self.site, self.region, self.platform, self.bot = world, site, region, platform, bot
        self._key = f"{world.rng.getrandbits(80):020x}"
        self._context = (
            f'"site":"{site.name}","platform":"{platform}","region":"{region}",'
            f'"language":"{language}","subject":"{self._key}"'
        )
        self._language = language
        self.clock_ms = self.delay_ms = 0

    def prompt(self, at: int, banner: Banner, variant: str, prompt_id: str = "") -> Prompt:
        """The banner is put before the visitor, with a new id that ties the answer to it."""
        prompt = Prompt(prompt_id or f"{self.world.rng.getrandbits(64):016x}", at, banner, variant)
        self._send("impression", at, self._shown(prompt))
        return prompt

    def dismissal(self, at: int, prompt: Prompt) -> None:
        """The visitor closed the banner without a choice."""
        self._send("dismissal", at, self._shown(prompt))

    def choose(self, at: int, prompt: Prompt, action: str, grants: int, method: str = "explicit") -> None:
        """A decision on the banner; `method` implied: nobody made it by a clear act."""
        self._send(
            "decision",
            at,
            f'{self._shown(prompt)},"action":"{action}","surface":"banner","method":"{method}",'
            f'{_CATEGORIES[grants]},"decision_ms":{at - prompt.at}',
        )

    def choose_unproven(self, at: int, prompt: Prompt, action: str, grants: int) -> None:
        """A decision on the banner whose record does not say which text was shown."""
        banner = f'"banner":{{"id":"{banner_id(self.site.name)}","version":"{prompt.banner.version}"}}'
        choice = f'"action":"{action}",{_CATEGORIES[grants]},"decision_ms":{at - prompt.at}'
        self._send("decision", at, f',"prompt_id":"{prompt.id}",{banner},{choice}')

    def reopen(self, at: int, banner: Banner) -> None:
        """The visitor opened the preferences."""
        self._send("reopen", at, f'{self._banner(banner)},"surface":"preferences"')

    def change(self, at: int, banner: Banner, action: str, grants: int) -> None:
        """A decision in the preferences."""
        choice = f'"action":"{action}","surface":"preferences","method":"explicit",{_CATEGORIES[grants]}'
        self._send("decision", at, f"{self._banner(banner)},{choice}")

    def signal(self, at: int, banner: Banner) -> None:
        """The browser refuses for its owner, by Global Privacy Control."""
        choice = f'"action":"reject_all","surface":"external","method":"signal",{_CATEGORIES[0]}'
        self._send("decision", at, f'{self._banner(banner)},{choice},"signals":{{"gpc":true}}')

    def replay(self, at: int, grants: int, tc_string: str = "") -> None:
        """A stored choice was read and relied on."""
        signals = f',"signals":{{"tc_string":"{tc_string}"}}' if tc_string else ""
        self._send("replay", at, f',"policy_version":"{self.site.policy_version}",{_CATEGORIES[grants]}{signals}')

    def observe(self, at: int, grants: int, age_days: int = 0) -> None:
        """What is on the device of someone who granted this, so many days after the first write."""
        self._send("observation", at, storage_json(self.site.name, grants, age_days))

    def observe_items(self, at: int, *items: Item, banner: str = "") -> None:
        """These items on the device, and no other; `banner`: the id of the banner there."""
        shown = f',"banner":{{"id":"{banner}"}}' if banner else ""
        self._send("observation", at, shown + items_json(items))

    def _shown(self, prompt: Prompt) -> str:
        return (
            f',"prompt_id":"{prompt.id}"'
            f"{banner_json(self.site.name, prompt.banner.version, prompt.variant, self._language)}"
        )

    def _banner(self, banner: Banner) -> str:
        return banner_json(self.site.name, banner.version, "", self._language)

    def _send(self, kind: str, at: int, rest: str) -> None:
        world, occurred, received = self.world, at + self.clock_ms, at + self.delay_ms
        head = (
            f'{{"schema_version":1,"event_id":"{next(world.ids)}","kind":"{kind}",'
            f'"occurred_at":"{iso(occurred)}","received_at":"'
        )
        tail = f'",{self._context}{rest}{_BOT if self.bot else "}"}'
        world.timeline.add(received, self._key, f"{head}{iso(received)}{tail}")
        world.events += 1
        if self.bot:
            world.bots += 1
        elif self.clock_ms:
            world.clock_skewed += 1
        elif self.delay_ms > DAY_MS:
            world.late += 1
        elif world.rng.random() < RESENT:
            again = received + 1000 + int(world.rng.random() * 9 * MINUTE_MS)
            if again < world.timeline.end_ms:
                world.timeline.add(again, self._key, f"{head}{iso(again)}{tail}")
                world.duplicates += 1


_BOT = ',"is_bot":true}'
_CATEGORIES = [
    f'"categories":{{"necessary":true,"functionality":{_BOOL[bool(g & FUNCTIONALITY)]},'
    f'"performance":{_BOOL[bool(g & PERFORMANCE)]},"marketing":{_BOOL[bool(g & MARKETING)]}}}'
    for g in range(8)
]


_SEXTETS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def tc_string(updated_ms: int, *, discloses: bool = True) -> str:
    """A TC string that grants nothing, made and last updated at a time; disclosed vendors are a further segment."""
    tenths = updated_ms // 100
    moment = "".join(_SEXTETS[tenths >> (6 * place) & 63] for place in reversed(range(6)))
    core = f"C{moment}{moment}AfACBENDJFgAAAAAAAAAABpwAAAAAAAA"
    return f"{core}.IAEEEAAA" if discloses else core


def event_ids(rng: Random) -> Iterator[str]:
    """Random UUIDs (version 4) without end, made by the hundred since chance is dear one at a time."""
    while True:
        text = rng.randbytes(16 * 256).hex()
        for i in range(0, len(text), 32):
            x = text[i : i + 32]
            yield f"{x[:8]}-{x[8:12]}-4{x[13:16]}-a{x[17:20]}-{x[20:]}"


def iso(ms: int) -> str:
    """Milliseconds since 1970 as RFC 3339 in UTC."""
    seconds = ms // 1000
    day = seconds // DAY_S
    return _date(day) + _CLOCK[seconds - day * DAY_S] + _MILLISECONDS[ms - seconds * 1000]


@cache
def _date(day: int) -> str:
    return date.fromordinal(719_163 + day).isoformat()


def banner_id(site: str) -> str:
    """Each site has one banner, in two versions."""
    return f"{site}-banner"


@cache
def banner_json(site: str, version: str, variant: str, language: str) -> str:
    """The fields that say which banner was shown, and which text."""
    arm = f',"variant":"{variant}"' if variant else ""
    return (
        f',"banner":{{"id":"{banner_id(site)}","version":"{version}"{arm},"layer":"first"}},'
        f'"policy_version":"{SITES[site].policy_version}","notice_hash":"{notice_hash(site, version, language)}"'
    )


@cache
def storage_json(site: str, grants: int, age_days: int) -> str:
    """What a well-behaved site has on a device; long-lived items are not written anew, so less of them remains."""
    remaining = []
    for item in SITES[site].items:
        lifetime = item.lifetime_s
        if lifetime is not None and lifetime > DAY_S:
            lifetime -= age_days * DAY_S
        if (not item.bit or item.bit & grants) and (lifetime is None or lifetime > 0):
            remaining.append((item, lifetime))
    return _storage(remaining)


def items_json(items: tuple[Item, ...]) -> str:
    """These items with the lifetimes they have."""
    return _storage([(item, item.lifetime_s) for item in items])


def _storage(items: list[tuple[Item, int | None]]) -> str:
    entries = [
        {
            "name": item.name,
            "type": item.type,
            "domain": item.domain,
            "party": item.party,
            "lifetime_s": lifetime,
            "category": item.category,
        }
        for item, lifetime in items
    ]
    return f',"storage":{json.dumps(entries, separators=(",", ":"))}'
