"""Which pages may send which site's events.

A site's own origins are in its policy; those of the setting may send for every site. Where neither names one, any
page may: an origin is what browsers say, and keeps other sites' pages out, not programs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from consent.site_models import Site


class Origins:
    """The allow-lists. `refuse_unknown`: events of sites without a policy are not taken at all."""

    def __init__(self, sites: Mapping[str, Site], everywhere: Iterable[str], *, refuse_unknown: bool) -> None:
        self._everywhere = frozenset(everywhere)
        self._sites = {name: frozenset(site.origins) | self._everywhere for name, site in sites.items()}
        self._refuse_unknown = refuse_unknown
        self._any = frozenset[str]().union(self._everywhere, *self._sites.values())
        self._some_are_open = not self._everywhere and (
            not refuse_unknown or any(not allowed for allowed in self._sites.values())
        )

    def refusal(self, site: object, origin: str | None) -> str | None:
        """Why an event of this site is not taken from a page of this origin (None: from no page); None: it is."""
        allowed = self._sites.get(site) if isinstance(site, str) else self._everywhere
        if allowed is None:
            if self._refuse_unknown:
                return "not_allowed site: expected a site that is described in policies/sites"
            allowed = self._everywhere
        if origin is not None and allowed and origin not in allowed:
            return "not_allowed site: expected a site that this origin may send for"
        return None

    def answer(self, origin: str | None) -> str | None:
        """What `Access-Control-Allow-Origin` says to this origin; None: nothing."""
        if origin is None:
            return None
        if self._some_are_open:
            return "*"
        return origin if origin in self._any else None
