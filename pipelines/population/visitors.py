"""What honest visitors and bots do: no event of theirs may cause a finding.

Whoever has chosen is not prompted again. Optional storage is written only once it is granted, and lives no longer
than declared and than the consent. Bots do as they like: they count in data quality only.
"""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate

from pipelines.population.devices import HOUR_MS, MINUTE_MS, Device, World
from pipelines.population.sites import (
    FUNCTIONALITY,
    GRANT_ALL,
    GRANT_NONE,
    LANGUAGES,
    MARKETING,
    PERFORMANCE,
    SITES,
    WILLINGNESS,
    Banner,
    Site,
)
from pipelines.population.timeline import DAY_MS

# The test of banner version 2 against 1, as parts of the period: before it all see 1, after it all see 2.
TEST_STARTS, TEST_ENDS = 0.45, 0.65
ARMS = ("control", "per-category")

# Days before the end at which those settled chose: a French consent lasts 6 months, the others at least 12.
_OF_HALF_A_YEAR, _OF_A_YEAR = (97, 175), (280, 355)

LAST_START_MS = 20 * MINUTE_MS  # no visit starts later than this before the end, and none lasts longer
RETURNS, RETURN_GAP_DAYS, MOST_RETURNS = 0.5, 8.0, 12
MOST_EVENTS_PER_VISIT = 4
SKEWED_VISITS, LATE_VISITS, BOT_VISITS, GPC_VISITORS = 0.003, 0.005, 0.03, 0.08

# Visits per UTC hour, 00 to 23, and per weekday, Monday to Sunday.
HOURS = (3, 2, 1, 1, 2, 4, 9, 16, 22, 24, 24, 23, 22, 23, 22, 20, 18, 17, 18, 20, 21, 18, 12, 6)
WEEKDAYS = (1.05, 1.1, 1.08, 1.04, 0.95, 0.62, 0.66)
_RHYTHM = [hour for hour, weight in enumerate(HOURS) for _ in range(weight)]

# What a partial choice grants, and the logarithm of the median milliseconds that each action takes.
_PARTIAL = (
    FUNCTIONALITY,
    PERFORMANCE,
    FUNCTIONALITY | PERFORMANCE,
    FUNCTIONALITY | PERFORMANCE,
    PERFORMANCE | MARKETING,
)
_PACE = {"accept_all": (7.9, 0.6), "reject_all": (8.4, 0.65), "save": (9.6, 0.5), "dismiss": (8.1, 0.8)}
_LONGEST_CHOICE_MS = 10 * MINUTE_MS
_ASKED_AGAIN_AFTER_DISMISSAL = frozenset({"NO", "DE", "ES", "GB"})


@dataclass(frozen=True)
class _Shares:
    """Names with cumulated shares, to draw one with one random number."""

    names: tuple[str, ...]
    bounds: tuple[float, ...]

    @classmethod
    def of(cls, shares: tuple[tuple[str, float], ...]) -> _Shares:
        return cls(tuple(name for name, _ in shares), (*accumulate(share for _, share in shares[:-1]), 1.0))

    def draw(self, chance: float) -> str:
        return self.names[bisect(self.bounds, chance)]


_SITES = _Shares.of(tuple((site.name, site.share) for site in SITES.values()))
_PLATFORMS = {site.name: _Shares.of(site.platforms) for site in SITES.values()}
_REGIONS = {site.name: _Shares.of(site.regions) for site in SITES.values()}
_LANGUAGES = {region: _Shares.of(shares) for region, shares in LANGUAGES.items()}


def _outcomes(banner: Banner, region: str, platform: str) -> _Shares:
    willing = WILLINGNESS[region] * (0.93 if platform == "ios" else 1.0)
    accept = banner.accept_all * willing
    reject = banner.reject_all * (2 - willing)
    return _Shares.of(
        (
            ("accept_all", accept),
            ("reject_all", reject),
            ("save", banner.save),
            ("dismiss", banner.dismiss),
            ("ignore", 1 - accept - reject - banner.save - banner.dismiss),
        )
    )


_OUTCOMES = {
    (site.name, banner.version, region, platform): _outcomes(banner, region, platform)
    for site in SITES.values()
    for banner in site.banners
    for region in WILLINGNESS
    for platform, _ in site.platforms
}


def longest_journey(days_left: int) -> int:
    """The most events that a visitor can cause who arrives so many days before the last one."""
    return MOST_EVENTS_PER_VISIT * (1 + min(MOST_RETURNS, days_left))


class Visitors:
    """Makes visitors one at a time, each with every visit until the end of the period."""

    def __init__(self, world: World) -> None:
        self._world, self._rng = world, world.rng
        start, end = world.timeline.start_ms, world.timeline.end_ms
        self._test = (start + int((end - start) * TEST_STARTS), start + int((end - start) * TEST_ENDS))
        self._last = end - LAST_START_MS

    def device(self, site: Site, region: str | None = None, bot: bool = False) -> Device:
        """A new device of a visitor of this site, from this region or from any."""
        chance = self._rng.random
        region = region or _REGIONS[site.name].draw(chance())
        platform = _PLATFORMS[site.name].draw(chance())
        language = _LANGUAGES[region].draw(chance())
        return Device(self._world, site, platform=platform, region=region, language=language, bot=bot)

    def banner(self, site: Site, at: int, arm: int) -> tuple[Banner, str]:
        """The banner's version and variant at a time, for a visitor in arm 0 or 1 of the test."""
        starts, ends = self._test
        if starts <= at < ends:
            return site.banners[arm], ARMS[arm]
        return site.banners[at >= ends], ""

    def moment(self, day: int) -> int:
        """A time on a day of the period (days are counted from 0), by the rhythm of the day."""
        hour = _RHYTHM[int(self._rng.random() * len(_RHYTHM))]
        at = self._world.timeline.start_ms + day * DAY_MS + hour * HOUR_MS + int(self._rng.random() * HOUR_MS)
        return min(at, self._last - int(self._rng.random() * HOUR_MS)) if at > self._last else at

    def settle(self, count: int) -> None:
        """Visitors who chose long before the period and come back in it: their consents run out soon after its end."""
        rng, timeline = self._rng, self._world.timeline
        days = (timeline.end_ms - timeline.start_ms) // DAY_MS
        for _ in range(count):
            device = self.device(SITES[_SITES.draw(rng.random())])
            self._travel(device, timeline.start_ms, plain=True)
            decided = self.moment(days - rng.randint(*(_OF_HALF_A_YEAR if device.region == "FR" else _OF_A_YEAR)))
            device.change(decided, device.site.banners[0], "accept_all", GRANT_ALL)
            device.replay(self.moment(int(rng.random() * days)), GRANT_ALL)

    def glance(self, day: int) -> None:
        """A visitor who ignores the banner and never comes back: exactly one event."""
        device, at = self.device(SITES[_SITES.draw(self._rng.random())]), self.moment(day)
        self._travel(device, at, plain=True)
        device.prompt(at, *self.banner(device.site, at, self._rng.random() < 0.5))

    def arrive(self, day: int) -> None:
        """A new visitor, or sometimes a bot, whose first visit is on this day."""
        chance = self._rng.random
        site = SITES[_SITES.draw(chance())]
        if chance() < BOT_VISITS:
            self._crawl(self.device(site, bot=True), self.moment(day))
            return
        device, at, arm = self.device(site), self.moment(day), int(chance() < 0.5)
        self._travel(device, at)
        if device.region == "US-CA" and chance() < GPC_VISITORS:
            device.signal(at, self.banner(site, at, arm)[0])
            choice: int | None = GRANT_NONE
            again = False
        else:
            choice, again = self._prompted(device, at, arm)
        decided = at
        for _ in range(MOST_RETURNS):
            if chance() > RETURNS:
                return
            at = self._next_visit(at + device.delay_ms)  # an app sends what it holds before it begins anew
            if at > self._last:
                return
            self._travel(device, at)
            if choice is not None:
                choice, decided = self._returns(device, at, arm, choice, decided)
            elif again and not self._test[0] <= at < self._test[1]:  # one prompt per visitor while the test runs
                choice, again = self._prompted(device, at, arm)
                decided = at

    def _prompted(self, device: Device, at: int, arm: int) -> tuple[int | None, bool]:
        """The banner is shown: what was granted (None: no choice), and whether the visitor may be asked again."""
        chance, site = self._rng.random, device.site
        banner, variant = self.banner(site, at, arm)
        prompt = device.prompt(at, banner, variant)
        if chance() < 0.12:
            device.observe(at + 150 + int(chance() * 200), GRANT_NONE)
        outcome = _OUTCOMES[site.name, banner.version, device.region, device.platform].draw(chance())
        if outcome == "ignore":
            return None, True
        took = min(int(self._rng.lognormvariate(*_PACE[outcome]) * banner.pace) + 400, _LONGEST_CHOICE_MS)
        if outcome == "dismiss":
            device.dismissal(at + took, prompt)
            return None, device.region in _ASKED_AGAIN_AFTER_DISMISSAL
        grants = {"accept_all": GRANT_ALL, "reject_all": GRANT_NONE}.get(outcome)
        if grants is None:
            grants = _PARTIAL[int(chance() * len(_PARTIAL))]
        device.choose(at + took, prompt, outcome, grants)
        if chance() < 0.5:
            device.observe(at + took + 300 + int(chance() * 3000), grants)
        return grants, False

    def _returns(self, device: Device, at: int, arm: int, grants: int, decided: int) -> tuple[int, int]:
        """A visit of someone who has chosen: the choice is relied on, and now and then changed."""
        chance = self._rng.random
        device.replay(at, grants)
        if chance() < 0.45:
            device.observe(at + 200 + int(chance() * 2000), grants, -((decided - at) // DAY_MS))
        change = chance()
        if change > 0.06:
            return grants, decided
        banner, _ = self.banner(device.site, at, arm)
        device.reopen(at + 20_000, banner)
        at += 20_000 + 2000 + int(chance() * 30_000)
        if grants and change < 0.03:
            device.change(at, banner, "withdraw", GRANT_NONE)
            return GRANT_NONE, at
        if grants and change < 0.05:  # renewed as it is
            device.change(at, banner, "accept_all" if grants == GRANT_ALL else "save", grants)
            return grants, at
        if change < 0.055 and not grants:
            device.change(at, banner, "save", FUNCTIONALITY | PERFORMANCE)
            return FUNCTIONALITY | PERFORMANCE, at
        return grants, decided

    def _crawl(self, device: Device, at: int) -> None:
        self._travel(device, at, plain=True)
        device.prompt(at, *self.banner(device.site, at, 0))
        device.observe(at + 400, GRANT_ALL)  # without any consent: no finding, since nobody is concerned

    def _next_visit(self, at: int) -> int:
        day = (at - self._world.timeline.start_ms) // DAY_MS + 1 + int(self._rng.expovariate(1 / RETURN_GAP_DAYS))
        return self.moment(day) if day * DAY_MS + self._world.timeline.start_ms <= self._last else self._last + 1

    def _travel(self, device: Device, at: int, plain: bool = False) -> None:
        """Sets the visit's clock and network: now and then a wrong clock, or an app that was offline for days."""
        rng = self._rng
        device.clock_ms, device.delay_ms = 0, 40 + int(rng.random() * 900)
        unusual = rng.random()
        if plain or unusual > SKEWED_VISITS + LATE_VISITS:
            return
        if unusual < SKEWED_VISITS:
            device.clock_ms = int(rng.choice((rng.uniform(1, 48), rng.uniform(-400 * 24, -20 * 24))) * HOUR_MS)
        else:
            delay = int(rng.uniform(25, 120) * HOUR_MS)
            if at + delay < self._last:
                device.delay_ms = delay
