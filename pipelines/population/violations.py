"""What dishonest software does: for each rule on events, visitors who show that it is broken, each one counted.

A violation is counted where it is written, under (rule, site, jurisdiction, item). Nothing else that these
visitors do may break a rule, except where one act breaks two: then both are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipelines.population.devices import HOUR_MS, MINUTE_MS, Device, Prompt, World, banner_id, tc_string
from pipelines.population.sites import (
    CP_APP,
    DAY_S,
    GRANT_ALL,
    GRANT_NONE,
    VIDEONOR,
    Banner,
    Item,
)
from pipelines.population.timeline import DAY_MS
from pipelines.population.visitors import Visitors

if TYPE_CHECKING:
    from pipelines.population.plants import Plant

EVENTS_PER_VIOLATION = 30_000  # a larger population holds more of each

_DO_NOT_TRACK = Item("__hs_do_not_track", "necessary", 90 * DAY_S, "www.cp-app.example", "first")
_TCF_2_3_MS = 1_772_323_200_000  # 2026-03-01


class Violations:
    """Writes violations into the world, and their counts into its findings."""

    def __init__(self, world: World, visitors: Visitors) -> None:
        self._world, self._visitors, self._rng = world, visitors, world.rng
        self._days = (world.timeline.end_ms - world.timeline.start_ms) // DAY_MS

    def commit(self, events: int, plants: Sequence[Plant]) -> None:
        """Write every plant, more often in a larger population."""
        base = max(1, events // EVENTS_PER_VIOLATION)
        for number, plant in enumerate(plants):
            for _ in range(base + number % 3):
                device = self._visitors.device(plant.site, plant.region)
                device.delay_ms = 40 + int(self._rng.random() * 900)
                plant.act(self, device, plant)

    def observe_before_consent(self, device: Device, plant: Plant) -> None:
        """Optional storage is there while the banner still waits for an answer."""
        at = self._visit()
        prompt = self._shown(device, at)
        device.observe_items(at + 250, self._item(plant))
        self._found("storage_before_consent", device, self._item(plant).name)
        self._breaks("promise_only_essential_before_consent", device, self._item(plant).name)
        if self._rng.random() < 0.5:
            self._accepts(device, prompt)

    def observe_after_refusal(self, device: Device, plant: Plant) -> None:
        """Optional storage is written although the visitor refused."""
        at = self._visit()
        prompt = self._shown(device, at)
        device.choose(at + 6000, prompt, "reject_all", GRANT_NONE)
        device.observe_items(at + 9000, self._item(plant))
        self._found("storage_after_refusal_or_withdrawal", device, self._item(plant).name)
        self._breaks("promise_reject_blocks_nonessential", device, self._item(plant).name)

    def observe_after_withdrawal(self, device: Device, plant: Plant) -> None:
        """Optional storage is written although the visitor withdrew."""
        at = self._visit()
        self._accepts(device, self._shown(device, at))
        banner, _ = self._banner(device, at)
        device.reopen(at + 5 * MINUTE_MS, banner)
        device.change(at + 6 * MINUTE_MS, banner, "withdraw", GRANT_NONE)
        device.observe_items(at + 8 * MINUTE_MS, self._item(plant))
        self._found("storage_after_refusal_or_withdrawal", device, self._item(plant).name)

    def observe_amiss(self, device: Device, plant: Plant) -> None:
        """Storage with consent, that breaks other rules: those which the plant names."""
        at = self._visit()
        self._accepts(device, self._shown(device, at))
        device.observe_items(at + 8000, self._item(plant))
        for rule in plant.rules:
            self._found(rule, device, self._item(plant).name)

    def observe_for_a_customer(self, device: Device, plant: Plant) -> None:
        """Storage of a provider, with consent, in an app in which the policy promises never to use it."""
        at = self._visit()
        self._accepts(device, self._shown(device, at))
        device.observe_items(at + 8000, self._item(plant), banner="cp-app-customer")
        for rule in plant.rules:
            self._found(rule, device, self._item(plant).name)

    def observe_beside_opt_out(self, device: Device, plant: Plant) -> None:
        """Storage of a provider, with consent, on a device that opted out of it."""
        at = self._visit()
        self._accepts(device, self._shown(device, at))
        device.observe_items(at + 8000, _DO_NOT_TRACK, self._item(plant))
        for rule in plant.rules:
            self._found(rule, device, self._item(plant).name)

    def extend(self, device: Device, plant: Plant) -> None:
        """Audience measurement is written anew at the next visit, and lasts as long again."""
        at = self._visit(before_end_days=10)
        self._accepts(device, self._shown(device, at))
        device.observe_items(at + 8000, self._item(plant))
        device.observe_items(at + 7 * DAY_MS, self._item(plant))
        self._found("lifetime_sliding", device, self._item(plant).name)

    def imply(self, device: Device, _plant: Plant) -> None:
        """A consent that nobody gave by a clear act."""
        prompt = self._shown(device, self._visit())
        device.choose(prompt.at + 9000, prompt, "accept_all", GRANT_ALL, method="implied")
        self._found("preticked_or_passive", device, "consent")

    def decide_without_text(self, device: Device, _plant: Plant) -> None:
        """A refusal whose record does not say what was shown."""
        prompt = self._shown(device, self._visit())
        device.choose_unproven(prompt.at + 5000, prompt, "reject_all", GRANT_NONE)
        self._found("proof_incomplete", device, "decision records")

    def tell_an_address(self, device: Device, _plant: Plant) -> None:
        """Someone's address is sent as the id of the prompt."""
        at = self._visit()
        device.prompt(at, *self._banner(device, at), prompt_id="someone@mail.example")
        self._found("proof_excessive", device, "prompt_id")

    def ignore_signal(self, device: Device, _plant: Plant) -> None:
        """The browser opts out, and a stored consent to marketing is relied on afterwards."""
        at = self._visit()
        device.signal(at, self._banner(device, at)[0])
        device.replay(at + 20_000, GRANT_ALL)
        self._found("gpc_ignored", device, "stored consent")

    def rely_on_old_string(self, device: Device, _plant: Plant) -> None:
        """A TC string of over 13 months ago is relied on."""
        at = self._visit()
        device.replay(at, GRANT_NONE, tc_string(at - 450 * DAY_MS))
        self._found("tc_string_stale", device, "TC string")

    def disclose_nobody(self, device: Device, _plant: Plant) -> None:
        """A TC string of today does not say which vendors were disclosed."""
        at = self._visit()
        device.replay(at, GRANT_NONE, tc_string(at, discloses=False))
        if at >= _TCF_2_3_MS:
            self._found("tc_disclosed_vendors_missing", device, "TC string")

    def keep_statistics(self, device: Device, plant: Plant) -> None:
        """A prompt of years ago is still here, and serves nothing but statistics."""
        self._shown(device, self._past(plant.days_ago))
        self._found("measurement_data_over_25m", device, "measurement records")

    def ask_again(self, device: Device, _plant: Plant) -> None:
        """The banner is put again before someone who refused days ago."""
        at = self._visit(before_end_days=25)
        prompt = self._shown(device, at)
        device.choose(at + 4000, prompt, "reject_all", GRANT_NONE)
        for _ in range(2):
            at += 9 * DAY_MS + HOUR_MS
            self._shown(device, at)
            self._found("reask_too_soon", device, banner_id(device.site.name))
            self._breaks("promise_preference_suppresses_banner", device, banner_id(device.site.name))

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

    def _breaks(self, promise: str, device: Device, item: str) -> None:
        """The same act breaks what one of the sites promises besides."""
        if promise in _PROMISED[device.site.name]:
            self._found(promise, device, item)

    def _found(self, rule: str, device: Device, item: str) -> None:
        self._world.findings[rule, device.site.name, _judged_under(rule, device), item] += 1


# Rules whose limit is that of the visitor's jurisdiction; all others are judged under the site's own. A cap is the
# visitor's only in France, which alone names one: elsewhere it is the organisation's, told once under the site's own.
_PROMISED = {
    VIDEONOR.name: {
        "promise_only_essential_before_consent",
        "promise_reject_blocks_nonessential",
        "promise_preference_suppresses_banner",
    },
    CP_APP.name: set[str](),
}
_BY_VISITOR = frozenset(
    {
        *("storage_before_consent", "consent_expired_relied_on", "reask_too_soon", "preticked_or_passive"),
        *("gpc_ignored", "lifetime_sliding", "measurement_data_over_25m"),
    }
)


def _judged_under(rule: str, device: Device) -> str:
    if rule.startswith("tc_"):
        return "TCF"
    if rule in _BY_VISITOR or (rule == "lifetime_over_cap" and device.region == "FR"):
        return device.region
    return device.site.jurisdiction
