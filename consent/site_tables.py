"""What sites declare, as tables of the schema `policy`; a list of a site keeps its order as `row_no`, from 1."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from consent.durations import Duration
from consent.site_models import Promise, Site, pattern

if TYPE_CHECKING:
    from consent.policies import Registry

Row = tuple[Any, ...]

TABLES = {
    "sites": "site varchar, name varchar, controller varchar, contact varchar, jurisdiction varchar,"
    " consent_validity interval, proof_retention interval, withdrawal varchar, baseline_variant varchar",
    "site_jurisdictions": "site varchar, jurisdiction varchar",
    "site_categories": "site varchar, name varchar, category varchar",
    "retention": "site varchar, relation varchar, value interval, longest_s bigint, shortest_s bigint, line integer",
    "versions": "site varchar, policy_version varchar, effective_from timestamp, material boolean",
    "banners": "site varchar, row_no integer, line integer, banner_id varchar, banner_version varchar,"
    " language varchar, notice_hash varchar, reject_on_first_layer boolean, passive_consent varchar,"
    " steps_to_grant integer, steps_to_withdraw integer, has_toggles boolean",
    "toggles": "site varchar, row_no integer, line integer, categories varchar[], on_by_default boolean",
    "planned_split": "site varchar, variant varchar, weight integer",
    "providers": "site varchar, provider varchar, sets_storage boolean",
    "processors": "site varchar, row_no integer, line integer, name varchar, country varchar, safeguard varchar,"
    " purpose varchar",
    "storage_items": "site varchar, row_no integer, line integer, name varchar, name_regex varchar, type varchar,"
    " domain varchar, provider varchar, party varchar, category varchar, lifetime varchar, lifetime_kind varchar,"
    " lifetime_longest_s bigint, purpose varchar",
    "promises": "site varchar, row_no integer, line integer, promise varchar, period interval, provider varchar,"
    " storage varchar, categories varchar[], platforms varchar[], regions varchar[], banner_ids varchar[],"
    " variants varchar[]",
    "promise_names": "site varchar, row_no integer, name varchar, name_regex varchar",
}


def site_rows(registry: Registry) -> dict[str, Iterable[Row]]:
    """The rows of every table of TABLES."""
    sites = registry.sites.values()
    return {
        "sites": map(_site, sites),
        "site_jurisdictions": ((s.site, code) for s in sites for code in _served(s)),
        "site_categories": ((s.site, name, category) for s in sites for name, category in s.categories.items()),
        "retention": (row for s in sites for row in _retention(registry, s)),
        "versions": ((s.site, v.version, v.effective_from, v.material) for s in sites for v in s.versions),
        "banners": (row for s in sites for row in _banners(registry, s)),
        "toggles": (row for s in sites for row in _toggles(registry, s)),
        "planned_split": ((s.site, variant, weight) for s in sites for variant, weight in s.planned_split.items()),
        "providers": ((s.site, p.name, p.sets_storage) for s in sites for p in s.providers),
        "processors": (
            (s.site, place + 1, registry.line(s.site, "processors", place), p.name, p.country, p.safeguard, p.purpose)
            for s in sites
            for place, p in enumerate(s.processors)
        ),
        "storage_items": (row for s in sites for row in _storage_items(registry, s)),
        "promises": (
            (s.site, place + 1, registry.line(s.site, "promises", place), *_promise(registry, s, promise))
            for s in sites
            for place, promise in enumerate(s.promises)
        ),
        "promise_names": (
            (s.site, place + 1, name, pattern(name))
            for s in sites
            for place, promise in enumerate(s.promises)
            for name in promise.names or []
        ),
    }


def _site(site: Site) -> Row:
    own = (site.site, site.name, site.controller, site.contact, site.jurisdiction)
    return (
        *own, _interval(site.consent_validity), _interval(site.proof_retention), site.withdrawal, site.baseline_variant
    )  # fmt: skip


def _interval(duration: Duration | None) -> str | None:
    return duration.interval if duration else None


def _served(site: Site) -> list[str]:
    own = [site.jurisdiction] if site.jurisdiction else []
    return list(dict.fromkeys([*own, *site.jurisdictions]))


def _retention(registry: Registry, site: Site) -> Iterator[Row]:
    for relation, period in site.retention.items():
        line = registry.line(site.site, "retention", relation)
        yield site.site, relation, period.interval, period.longest_seconds, period.shortest_seconds, line


def _banners(registry: Registry, site: Site) -> Iterator[Row]:
    for place, banner in enumerate(site.banners):
        passive = None if banner.passive_consent is None else ", ".join(banner.passive_consent)
        shown = (banner.id, banner.version, banner.language, banner.notice_hash, banner.reject_on_first_layer, passive)
        steps = (banner.steps_to_grant, banner.steps_to_withdraw)
        line = registry.line(site.site, "banners", place)
        yield site.site, place + 1, line, *shown, *steps, banner.toggles is not None


def _toggles(registry: Registry, site: Site) -> Iterator[Row]:
    meaning = registry.meaning(site)
    for place, banner in enumerate(site.banners):
        line = registry.line(site.site, "banners", place)
        for toggle in banner.toggles or []:
            categories = list(dict.fromkeys(meaning[name] for name in toggle.categories))
            yield site.site, place + 1, line, categories, toggle.on_by_default


def _storage_items(registry: Registry, site: Site) -> Iterator[Row]:
    meaning = registry.meaning(site)
    for place, item in enumerate(site.storage):
        lifetime = item.lifetime
        yield (
            site.site,
            place + 1,
            registry.line(site.site, "storage", place),
            item.name,
            item.name_regex,
            item.type,
            item.domain,
            item.provider,
            item.party,
            meaning[item.category] if item.category else None,
            lifetime.text if lifetime else None,
            lifetime.kind if lifetime else None,
            lifetime.duration.longest_seconds if lifetime and lifetime.duration else None,
            item.purpose,
        )


def _promise(registry: Registry, site: Site, promise: Promise) -> Row:
    meaning, when = registry.meaning(site), promise.when
    categories = None if promise.categories is None else [meaning[name] for name in promise.categories]
    conditions = (when.platform, when.region, when.banner_id, when.variant) if when else (None,) * 4
    named = (promise.promise, _interval(promise.period), promise.provider, promise.storage)
    return (*named, categories, *conditions)
