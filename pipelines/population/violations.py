"""What dishonest software does: for each rule on events, visitors who show that it is broken, each one counted.

A violation is counted where it is written, under (rule, site, jurisdiction, item). Nothing else that these
visitors do may break a rule, except where one act breaks two: then both are counted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipelines.population.devices import HOUR_MS, MINUTE_MS, Device, Prompt, World, banner_id
from pipelines.population.sites import (
    CP_APP,
    DAY_S,
    GRANT_ALL,
    GRANT_NONE,
    HALF_YEAR_S,
    VIDEONOR,
    Banner,
    Item,
    Site,
)
from pipelines.population.timeline import DAY_MS
from pipelines.population.visitors import Visitors

EVENTS_PER_VIOLATION = 30_000  # a larger population holds more of each

# Written too long: declared for 6 months, 3 months and 1 year; the last is over the cap as well.
_NID_9_MONTHS = Item("NID", "functionality", 270 * DAY_S, ".google.com")
_FR_6_MONTHS = Item("fr", "marketing", HALF_YEAR_S, ".facebook.com")
_LFA_2_YEARS = Item("_lfa", "marketing", 2 * 365 * DAY_S, "www.cp-app.example", "first")
# In no inventory; the first is over the cap as well.
_GA_2_YEARS = Item("_ga", "performance", 2 * 365 * DAY_S, ".videonor.example", "first")
_FBP = Item("_fbp", "marketing", 90 * DAY_S, ".videonor.example", "first")
_CLCK = Item("_clck", "performance", HALF_YEAR_S, ".cp-app.example", "first")
# Declared and honest, but written without leave.
_HUBSPOTUTK = Item("hubspotutk", "marketing", HALF_YEAR_S, ".hubspot.com")
_HSTC = Item("__hstc", "performance", HALF_YEAR_S, ".hubspot.com")
_GCL_AU = Item("_gcl_au", "marketing", 90 * DAY_S, "www.cp-app.example", "first")
_FR = Item("fr", "marketing", 90 * DAY_S, ".facebook.com")


class Violations:
    """Writes violations into the world, and their counts into its findings."""

    def __init__(self, world: World, visitors: Visitors) -> None:
        self._world, self._visitors, self._rng = world, visitors, world.rng
        self._days = (world.timeline.end_ms - world.timeline.start_ms) // DAY_MS

    def commit(self, events: int) -> None:
        """Write every plant, more often in a larger population."""
        base = max(1, events // EVENTS_PER_VIOLATION)
        for number, plant in enumerate(PLANTS):
            for _ in range(base + number % 3):
                device = self._visitors.device(plant.site, plant.region)
                device.delay_ms = 40 + int(self._rng.random() * 900)
                plant.act(self, device, plant)

    def observe_before_consent(self, device: Device, plant: Plant) -> None:
        """Optional storage is there while the banner still waits for an answer."""
        at = self._visit()
        prompt = self._shown(device, at)
        device.observe_item(at + 250, self._item(plant))
        self._found("storage_before_consent", device, self._item(plant).name)
        if self._rng.random() < 0.5:
            self._accepts(device, prompt)

    def observe_after_refusal(self, device: Device, plant: Plant) -> None:
        """Optional storage is written although the visitor refused."""
        at = self._visit()
        prompt = self._shown(device, at)
        device.choose(at + 6000, prompt, "reject_all", GRANT_NONE)
        device.observe_item(at + 9000, self._item(plant))
        self._found("storage_after_refusal_or_withdrawal", device, self._item(plant).name)

    def observe_after_withdrawal(self, device: Device, plant: Plant) -> None:
        """Optional storage is written although the visitor withdrew."""
        at = self._visit()
        self._accepts(device, self._shown(device, at))
        banner, _ = self._banner(device, at)
        device.reopen(at + 5 * MINUTE_MS, banner)
        device.change(at + 6 * MINUTE_MS, banner, "withdraw", GRANT_NONE)
        device.observe_item(at + 8 * MINUTE_MS, self._item(plant))
        self._found("storage_after_refusal_or_withdrawal", device, self._item(plant).name)

    def observe_amiss(self, device: Device, plant: Plant) -> None:
        """Storage with consent, that breaks other rules: those which the plant names."""
        at = self._visit()
        self._accepts(device, self._shown(device, at))
        device.observe_item(at + 8000, self._item(plant))
        for rule in plant.rules:
            self._found(rule, device, self._item(plant).name)

    def ask_again(self, device: Device, _plant: Plant) -> None:
        """The banner is put again before someone who refused days ago."""
        at = self._visit(before_end_days=25)
        prompt = self._shown(device, at)
        device.choose(at + 4000, prompt, "reject_all", GRANT_NONE)
        for _ in range(2):
            at += 9 * DAY_MS + HOUR_MS
            self._shown(device, at)
            self._found("reask_too_soon", device, banner_id(device.site.name))

    def rely_on_expired(self, device: Device, plant: Plant) -> None:
        """A consent of long ago is read and relied on within the period."""
        decided = self._past(plant.days_ago)
        self._accepts(device, self._shown(device, decided))
        at = self._visit(before_end_days=15)
        for _ in range(2):
            device.replay(at, GRANT_ALL)
            self._found("consent_expired_relied_on", device, "stored consent")
            at += 5 * DAY_MS

    def keep_too_long(self, device: Device, plant: Plant) -> None:
        """The proof of a consent that ended years ago is still here."""
        decided = self._past(plant.days_ago)
        self._accepts(device, self._shown(device, decided))
        self._found("proof_overretained", device, "decision records")

    def _accepts(self, device: Device, prompt: Prompt) -> None:
        device.choose(prompt.at + 3000, prompt, "accept_all", GRANT_ALL)

    def _shown(self, device: Device, at: int) -> Prompt:
        return device.prompt(at, *self._banner(device, at))

    def _banner(self, device: Device, at: int) -> tuple[Banner, str]:
        return self._visitors.banner(device.site, at, 0)

    def _visit(self, before_end_days: int = 1) -> int:
        return self._visitors.moment(int(self._rng.random() * (self._days - before_end_days)))

    def _past(self, days_ago: tuple[int, int]) -> int:
        return self._visitors.moment(self._days - self._rng.randint(*days_ago))

    def _item(self, plant: Plant) -> Item:
        if plant.item is None:
            raise TypeError("this plant observes no item")
        return plant.item

    def _found(self, rule: str, device: Device, item: str) -> None:
        self._world.findings[rule, device.site.name, _judged_under(rule, device), item] += 1


# Rules whose limit is that of the visitor's jurisdiction; all others are judged under the site's own. A cap is the
# visitor's only in France, which alone names one: elsewhere it is the organisation's, told once under the site's own.
_BY_VISITOR = frozenset({"storage_before_consent", "consent_expired_relied_on", "reask_too_soon"})


def _judged_under(rule: str, device: Device) -> str:
    if rule in _BY_VISITOR or (rule == "lifetime_over_cap" and device.region == "FR"):
        return device.region
    return device.site.jurisdiction


@dataclass(frozen=True)
class Plant:
    """One kind of violation, by visitors of one site from one region."""

    act: Callable[[Violations, Device, Plant], None]
    site: Site
    region: str
    item: Item | None = None
    rules: tuple[str, ...] = ()
    days_ago: tuple[int, int] = (0, 0)


_V = Violations
# Days ago: a consent of 13 to 15 months is over (6 to 7½ would be in France), and its proof may still be kept;
# the proof of one of 44 to 47 months may not.
_YEAR_OVER, _HALF_YEAR_OVER, _PROOF_OVER = (460, 490), (280, 320), (1340, 1420)
PLANTS = (
    Plant(_V.observe_before_consent, VIDEONOR, "DE", _HUBSPOTUTK),
    Plant(_V.observe_before_consent, CP_APP, "NO", _GCL_AU),
    Plant(_V.observe_after_refusal, VIDEONOR, "NO", _HSTC),
    Plant(_V.observe_after_withdrawal, CP_APP, "ES", _FR),
    Plant(_V.observe_amiss, VIDEONOR, "GB", _NID_9_MONTHS, ("lifetime_over_declared",)),
    Plant(_V.observe_amiss, CP_APP, "IT", _FR_6_MONTHS, ("lifetime_over_declared",)),
    Plant(_V.observe_amiss, CP_APP, "DE", _LFA_2_YEARS, ("lifetime_over_cap", "lifetime_over_declared")),
    Plant(_V.observe_amiss, VIDEONOR, "NO", _GA_2_YEARS, ("undeclared_cookie", "lifetime_over_cap")),
    Plant(_V.observe_amiss, VIDEONOR, "FR", _GA_2_YEARS, ("undeclared_cookie", "lifetime_over_cap")),
    Plant(_V.observe_amiss, VIDEONOR, "FR", _FBP, ("undeclared_cookie",)),
    Plant(_V.observe_amiss, CP_APP, "GB", _CLCK, ("undeclared_cookie",)),
    Plant(_V.ask_again, VIDEONOR, "FR"),
    Plant(_V.ask_again, VIDEONOR, "US-CA"),
    Plant(_V.ask_again, CP_APP, "IT"),
    Plant(_V.rely_on_expired, VIDEONOR, "NO", days_ago=_YEAR_OVER),
    Plant(_V.rely_on_expired, VIDEONOR, "FR", days_ago=_HALF_YEAR_OVER),
    Plant(_V.rely_on_expired, CP_APP, "DE", days_ago=_YEAR_OVER),
    Plant(_V.keep_too_long, VIDEONOR, "NO", days_ago=_PROOF_OVER),
    Plant(_V.keep_too_long, CP_APP, "DE", days_ago=_PROOF_OVER),
)
