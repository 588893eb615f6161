"""The two sites as the population sees them: their banners, cookies, platforms and visitors.

Lifetimes are what well-behaved software sets: never longer than declared, and short enough to end before the
shortest consent does (six months in France).
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400
HALF_YEAR_S = 180 * DAY_S

FUNCTIONALITY, PERFORMANCE, MARKETING = 1, 2, 4
GRANT_ALL, GRANT_NONE = 7, 0
CATEGORY_BITS = {"necessary": 0, "functionality": FUNCTIONALITY, "performance": PERFORMANCE, "marketing": MARKETING}


@dataclass(frozen=True)
class Item:
    """A cookie or pixel that a site writes; `lifetime_s` None ends with the session."""

    name: str
    category: str
    lifetime_s: int | None
    domain: str
    party: str = "third"
    type: str = "cookie"

    @property
    def bit(self) -> int:
        """The grant it needs; 0 needs none."""
        return CATEGORY_BITS[self.category]


@dataclass(frozen=True)
class Banner:
    """A version of a site's banner: how often each choice is made, and how fast."""

    version: str
    accept_all: float
    reject_all: float
    save: float
    dismiss: float
    pace: float


@dataclass(frozen=True)
class Site:
    """A site or app: `platforms` and `regions` are (name, share) with shares that add up to 1."""

    name: str
    jurisdiction: str
    policy_version: str
    share: float
    platforms: tuple[tuple[str, float], ...]
    regions: tuple[tuple[str, float], ...]
    banners: tuple[Banner, Banner]
    items: tuple[Item, ...]


# Version 1 of Videonor's banner has accept and reject only; version 2 adds a choice per category.
VIDEONOR = Site(
    "videonor", "NO", "2018-09-10", 0.6,
    (("web", 0.62), ("desktop", 0.18), ("ios", 0.11), ("android", 0.09)),
    (("NO", 0.44), ("DE", 0.13), ("FR", 0.09), ("ES", 0.08), ("IT", 0.07), ("GB", 0.12), ("US-CA", 0.07)),
    (Banner("1", 0.41, 0.13, 0.00, 0.14, 1.0), Banner("2", 0.48, 0.17, 0.09, 0.06, 1.25)),
    (
        Item("PHPSESSID", "necessary", None, "www.videonor.example", "first"),
        Item("viewed_cookie_policy", "necessary", HALF_YEAR_S, "www.videonor.example", "first"),
        Item("NID", "functionality", HALF_YEAR_S, ".google.com"),
        Item("__hssc", "performance", 30 * MINUTE_S, ".hubspot.com"),
        Item("__hssrc", "performance", None, ".hubspot.com"),
        Item("__hstc", "performance", HALF_YEAR_S, ".hubspot.com"),
        Item("hubspotutk", "marketing", HALF_YEAR_S, ".hubspot.com"),
        Item("__ptq.gif", "marketing", None, "track.hubspot.com", "third", "pixel"),
    ),
)  # fmt: skip
CP_APP = Site(
    "cp-app", "NO", "1", 0.4,
    (("web", 0.68), ("ios", 0.18), ("android", 0.14)),
    (("NO", 0.25), ("DE", 0.20), ("FR", 0.13), ("ES", 0.10), ("IT", 0.10), ("GB", 0.13), ("US-CA", 0.09)),
    (Banner("1", 0.36, 0.16, 0.06, 0.12, 1.1), Banner("2", 0.42, 0.20, 0.12, 0.06, 0.9)),
    (
        Item("__cf_bm", "necessary", 30 * MINUTE_S, ".hubspot.com"),
        Item("hs_ab_test", "necessary", None, "www.cp-app.example", "first"),
        Item("__hs_cookie_cat_pref", "necessary", HALF_YEAR_S, "www.cp-app.example", "first"),
        Item("Ajs_anonymous_id", "functionality", HALF_YEAR_S, "www.cp-app.example", "first"),
        Item("Ajs_group_id", "functionality", HALF_YEAR_S, "www.cp-app.example", "first"),
        Item("VISITOR_INFO1_LIVE", "marketing", HALF_YEAR_S, ".youtube.com"),
        Item("fr", "marketing", 90 * DAY_S, ".facebook.com"),
        Item("_gcl_au", "marketing", 90 * DAY_S, "www.cp-app.example", "first"),
        Item("_lfa", "marketing", HALF_YEAR_S, "www.cp-app.example", "first"),
    ),
)  # fmt: skip
SITES = {site.name: site for site in (VIDEONOR, CP_APP)}

# How willing visitors are to accept, relative to the banner's share.
WILLINGNESS = {"NO": 1.05, "DE": 0.78, "FR": 0.88, "ES": 1.08, "IT": 1.02, "GB": 1.04, "US-CA": 1.2}
LANGUAGES = {
    "NO": (("nb", 0.85), ("en", 0.15)),
    "DE": (("de", 0.9), ("en", 0.1)),
    "FR": (("fr", 0.93), ("en", 0.07)),
    "ES": (("es", 0.9), ("ca", 0.06), ("en", 0.04)),
    "IT": (("it", 0.93), ("en", 0.07)),
    "GB": (("en-GB", 1.0),),
    "US-CA": (("en-US", 0.86), ("es-US", 0.14)),
}


def notice_hash(site: str, version: str, language: str) -> str:
    """SHA-256 of the notice's text, which here is its name."""
    return sha256(f"{site} banner {version} in {language}".encode()).hexdigest()
