"""What visitors do, on a page of each platform, and the events that must come of it: these, in this order, no other.

A visit is a browser of its own, which may load the page more than once; the banner's version names it in the events.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

# kind, action, surface, layer, categories; surface is what an event says beyond the default.
Event = tuple[str, str | None, str, str | None, dict[str, bool] | None]


@dataclass(frozen=True)
class Platform:
    """A platform: its names of what the stub calls functional, statistics and marketing, and what it can tell."""

    name: str
    functional: tuple[str, ...]
    statistics: tuple[str, ...]
    marketing: tuple[str, ...]
    necessary: str | None = "necessary"
    layer: str | None = "first"
    again: str | None = "first"  # the layer that its settings link opens
    tells_closing: bool = True

    def chosen(self, action: str) -> dict[str, bool]:
        """The categories of a choice; a saved one is for statistics alone."""
        granted = dict.fromkeys((*self.functional, *self.marketing), action == "accept_all")
        granted |= dict.fromkeys(self.statistics, action in ("accept_all", "save"))
        return granted | ({self.necessary: True} if self.necessary else {})


PLATFORMS = {
    platform.name: platform
    for platform in (
        Platform("klaro", (), ("analytics",), ("marketing",), again="second", tells_closing=False),
        Platform("cookieconsent", (), ("analytics",), ("marketing",), again="second"),
        Platform(
            "tcf", ("functionality",), ("performance",), ("marketing",), layer=None, again=None, tells_closing=False
        ),
        Platform("gcm", ("functionality",), ("performance",), ("marketing",)),
        Platform("onetrust", ("functionality",), ("performance",), ("marketing",), again="second"),
        Platform("cookiebot", ("preferences",), ("statistics",), ("marketing",)),
        Platform("usercentrics", ("functional",), ("statistics",), ("marketing",), "essential", again="second"),
        Platform("didomi", ("functional",), ("analytics",), ("marketing",), None, again="second"),
        Platform("cookieyes", ("functional",), ("analytics", "performance"), ("advertisement",)),
        Platform("own", ("functional",), ("statistics",), ("marketing",)),
    )
}
_VISIBLE = " >> visible=true"
_BUTTONS = {
    "klaro": {"accept": ".cn-buttons .cm-btn-success", "reject": ".cn-decline"},
    "cookieconsent": {"accept": ".cm [data-role=all]", "reject": ".cm [data-role=necessary]", "close": ".cm .close"},
}


@dataclass
class Seen:
    """What one visit showed in the browser: errors of the page, the device before the choice, kinds told so far."""

    errors: list[str] = field(default_factory=list)
    before: dict[str, Any] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    failure: BaseException | None = None


class Visitor:
    """Someone in front of a page, with a browser that has no past. Waits for what is told, never for a time alone."""

    def __init__(self, page: Any, visit: Visit, address: str, seen: Seen) -> None:
        self.page, self.visit, self.address, self.seen = page, visit, address, seen

    async def arrive(self, *kinds: str) -> None:
        """Load the page, and wait until these kinds have been told of it."""
        self.seen.told.clear()
        await self.page.goto(self.address)
        await self.told(*kinds)
        if not self.seen.before:
            self.seen.before = await self.page.evaluate("window.onDevice()")

    async def told(self, *kinds: str) -> None:
        """Wait until these have been told, and forget them."""
        async with asyncio.timeout(40):
            for kind in kinds:
                while kind not in self.seen.told:
                    await asyncio.sleep(0.05)
                self.seen.told.remove(kind)

    async def press(self, button: str) -> None:
        """Press a button of the banner that is open."""
        selector = _BUTTONS.get(self.visit.platform, {}).get(button, f".{button}")
        await self.page.click(selector + _VISIBLE)

    async def save(self) -> None:
        """Grant statistics alone."""
        if self.visit.platform == "klaro":
            await self.page.click(".cn-learn-more")
            await self._tick("#purpose-item-analytics", wanted=True)
            await self.page.click(".cm-modal .cm-btn-accept")
        elif self.visit.platform == "cookieconsent":
            await self.page.click(".cm [data-role=show]")
            await self._tick(".pm input[value=analytics]", wanted=True)
            await self.page.click(".pm [data-role=save]")
        else:
            await self.press("save")

    async def withdraw(self) -> None:
        """Open the settings and deny everything."""
        await self.page.click("#settings")
        await self.told("reopen")
        if self.visit.platform == "klaro":
            for name in ("analytics", "marketing"):
                await self._tick(f"#purpose-item-{name}", wanted=False)
            await self.page.click(".cm-modal .cm-btn-accept")
        elif self.visit.platform == "cookieconsent":
            await self.page.click(".pm [data-role=necessary]")
        else:
            await self.press("reject")

    async def _tick(self, selector: str, *, wanted: bool) -> None:
        await self.page.wait_for_selector(selector, state="attached")
        await asyncio.sleep(1)  # elements are watched five times a second
        switch = "([s, on]) => { const i = document.querySelector(s); i.checked === on || i.click() }"
        await self.page.evaluate(switch, [selector, wanted])

    async def leave(self) -> None:
        """Go, once what the page put off to its next moment is done; it has no more time than a browser gives."""
        await self.page.evaluate("new Promise((done) => setTimeout(done))")
        await self.page.goto("about:blank")


Drive = Callable[[Visitor], Awaitable[None]]


@dataclass(frozen=True)
class Visit:
    """One visit. `options` are those of the page; `blank` says that nobody writes anything before the choice.

    `gpc`: the browser refuses for its owner. `outages`: so many requests to the collector fail. `quiet`: the browser
    logs nothing, as it does of requests that fail.
    """

    platform: str
    name: str
    drive: Drive
    expected: tuple[Event, ...]
    options: str = ""
    blank: bool = True
    gpc: bool = False
    outages: int = 0
    quiet: bool = True

    @property
    def id(self) -> str:
        return f"{self.platform}-{self.name}"


FIRST = ("impression", "observation")


async def ignore(visitor: Visitor) -> None:
    await visitor.arrive(*FIRST)
    await visitor.leave()


async def accept(visitor: Visitor) -> None:
    await visitor.arrive(*FIRST)
    await visitor.press("accept")
    await visitor.told("decision", "observation")
    await visitor.leave()


async def reject(visitor: Visitor) -> None:
    await visitor.arrive(*FIRST)
    await visitor.press("reject")
    await visitor.leave()


async def save(visitor: Visitor) -> None:
    await visitor.arrive(*FIRST)
    await visitor.save()
    await visitor.leave()


async def close(visitor: Visitor) -> None:
    await visitor.arrive(*FIRST)
    await visitor.press("close")
    await visitor.told("dismissal")
    await visitor.leave()


async def come_back(visitor: Visitor) -> None:
    """Accept, come back another day, think better of it."""
    await accept(visitor)
    await visitor.arrive("replay")
    await visitor.withdraw()
    await visitor.leave()


async def answer_unheard(visitor: Visitor) -> None:
    """Accept, where nothing reaches the collector: the page must not suffer."""
    await visitor.page.goto(visitor.address)
    await visitor.page.wait_for_function("!!(window.consentAnalytics && consentAnalytics.track)")
    visitor.seen.before = await visitor.page.evaluate("window.onDevice()")
    await visitor.press("accept")
    await asyncio.sleep(1.5)
    await visitor.leave()


async def answer_by_signal(visitor: Visitor) -> None:
    """No banner at all: the page denies because the browser says so."""
    await visitor.arrive("decision")
    await visitor.leave()


async def answer_without_storage(visitor: Visitor) -> None:
    """A page that may neither read nor write cookies and web storage."""
    await visitor.page.goto(visitor.address)
    await visitor.page.wait_for_function("!!(window.consentAnalytics && consentAnalytics.track)")
    visitor.seen.before = await visitor.page.evaluate("window.onDevice()")
    await visitor.page.evaluate("consentAnalytics.track('impression', {layer: 'first', text: 'May we?'})")
    await visitor.told("impression", "observation")
    await visitor.page.evaluate("consentAnalytics.track('decision', {categories: {necessary: true, marketing: true}})")
    await visitor.told("decision")
    await visitor.leave()


def asked_of(platform: Platform) -> tuple[Event, Event]:
    """The question, and what is on the device before an answer."""
    return ("impression", None, "banner", platform.layer, None), ("observation", None, "banner", platform.layer, None)


def decision(platform: Platform, action: str, layer: str | None = None) -> Event:
    return ("decision", action, "banner", layer or platform.layer, platform.chosen(action))


SEEN: Event = ("observation", None, "banner", None, None)


# Where each platform's events are alike, not every visit is made on each: those that differ are.
THOROUGH = ("klaro", "cookieconsent", "tcf", "gcm")


def visits() -> Iterator[Visit]:
    """Every visit of every platform."""
    for name, platform in PLATFORMS.items():
        blank = name != "onetrust"  # it writes its cookie before a choice, as the real one does
        asked = asked_of(platform)
        deep = "second" if name in ("klaro", "cookieconsent") else None
        if name in THOROUGH:
            yield Visit(name, "ignore", ignore, asked)
            yield Visit(name, "reject", reject, (*asked, decision(platform, "reject_all"), SEEN))
        yield Visit(name, "save-late", save, (*asked, decision(platform, "save", deep), SEEN), "&late=1", blank)
        if platform.tells_closing:
            yield Visit(name, "close", close, (*asked, ("dismissal", None, "banner", platform.layer, None)), "", blank)
        back: tuple[Event, ...] = (
            *asked,
            decision(platform, "accept_all"),
            SEEN,
            ("replay", None, "banner", None, platform.chosen("accept_all")),
            ("reopen", None, "preferences", platform.again, None),
            ("decision", "withdraw", "preferences", platform.again, platform.chosen("reject_all")),
            SEEN,
        )
        yield Visit(name, "come-back", come_back, back, "", blank)
    layered = PLATFORMS["usercentrics"]
    layered_save = (*asked_of(layered), decision(layered, "save"), SEEN)
    yield Visit("usercentrics", "data-layer", save, layered_save, "&layer=1")
    own = PLATFORMS["own"]
    answered = (*asked_of(own), decision(own, "accept_all"), SEEN)
    yield Visit("own", "gpc", accept, answered, gpc=True)
    yield Visit("own", "outage", accept, answered, outages=2, quiet=False)
    yield Visit("own", "no-collector", answer_unheard, (), "&endpoint=http://127.0.0.1:9/", quiet=False)
    yield Visit("own", "forbidden", answer_unheard, (), "&csp=1", quiet=False)
    denied = {"necessary": True, "marketing": False}
    signalled: tuple[Event, ...] = (("decision", "reject_all", "external", None, denied), SEEN)
    yield Visit("none", "signal", answer_by_signal, signalled, "&denied=1", gpc=True)
    granted = {"necessary": True, "marketing": True}
    blocked = (*asked_of(own), ("decision", "accept_all", "banner", "first", granted), SEEN)
    yield Visit("none", "no-storage", answer_without_storage, blocked, "&sandbox=1")


VISITS = tuple(visits())
