"""Which violations are planted: by visitors of which site and region, and of what storage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipelines.population.devices import Device
from pipelines.population.sites import CP_APP, DAY_S, HALF_YEAR_S, VIDEONOR, Item, Site
from pipelines.population.violations import Violations

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
# In no inventory; the first is what a policy says local storage is not for, the others a promise's own business.
_AD_KEY = Item("ad_segments", "marketing", None, "www.videonor.example", "first", "local_storage")
_CLSK = Item("_clsk", "performance", DAY_S, ".cp-app.example", "first")
_HSSC = Item("__hssc", "performance", 1800, ".hubspot.com")


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
_STATISTICS_OVER = (790, 850)  # 25 months are 763 days at most
_LOCAL = ("noncookie_storage_undeclared", "promise_local_storage_only_declared")
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
    Plant(_V.keep_statistics, CP_APP, "FR", days_ago=_STATISTICS_OVER),
    Plant(_V.extend, VIDEONOR, "FR", _HSTC),
    Plant(_V.imply, CP_APP, "DE"),
    Plant(_V.decide_without_text, VIDEONOR, "GB"),
    Plant(_V.tell_an_address, CP_APP, "ES"),
    Plant(_V.ignore_signal, VIDEONOR, "US-CA"),
    Plant(_V.rely_on_old_string, CP_APP, "IT"),
    Plant(_V.disclose_nobody, VIDEONOR, "DE"),
    Plant(_V.observe_amiss, VIDEONOR, "NO", _AD_KEY, _LOCAL),
    Plant(_V.observe_for_a_customer, CP_APP, "NO", _CLSK, ("undeclared_cookie", "promise_provider_never_for")),
    Plant(_V.observe_beside_opt_out, CP_APP, "GB", _HSSC, ("undeclared_cookie", "promise_opt_out_respected")),
)
