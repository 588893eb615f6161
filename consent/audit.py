"""An audit: what can be found wrong in the declared inventories alone, without a single event.

It is a refresh of an empty warehouse in memory: the same models and rules, in the same order, with nothing observed.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import duckdb

from consent.build import build, set_run
from consent.errors import ConsentError
from consent.models import all_models
from consent.policies import DEFAULT, Registry
from consent.policy_files import suggestion
from consent.warehouse import create_schema, in_utc

_GRAVEST_FIRST = ("critical", "high", "medium", "low")


def audit(
    registry: Registry,
    sites: Iterable[str] | None = None,
    jurisdictions: Iterable[str] | None = None,
    as_of: datetime | None = None,
) -> list[dict[str, Any]]:
    """Findings of the declarations of `sites` (all), judged under `jurisdictions`, as `marts.findings` has them.

    Without `jurisdictions`: every one that names a number of its own, and the sites' own. `as_of` (now) is a time
    with an offset, or naive UTC: the limits in force then count. The gravest come first. Raises ConsentError for a
    site or a jurisdiction that no policy describes.
    """
    chosen = _only(registry, sites)
    codes = _codes(chosen, jurisdictions)
    with contextlib.closing(in_utc(duckdb.connect())) as connection:
        create_schema(connection)
        chosen.write(connection)
        set_run(connection, _naive_utc(as_of), codes)
        for model in all_models():
            build(connection, model)
        order = " ".join(f"when '{name}' then {place}" for place, name in enumerate(_GRAVEST_FIRST))
        found = connection.execute(
            f"select * from marts.findings order by site, case severity {order} end, rule_id, item, jurisdiction"  # noqa: S608
        )
        columns = [column[0] for column in found.description]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def _only(registry: Registry, sites: Iterable[str] | None) -> Registry:
    if sites is None:
        return registry
    wanted = list(sites)
    for site in wanted:
        if site not in registry.sites:
            hint = suggestion(site, list(registry.sites))
            raise ConsentError(f"{site}: expected a site of policies/sites ({', '.join(registry.sites)}){hint}")
    return replace(registry, sites={site: registry.sites[site] for site in wanted})


def _codes(registry: Registry, jurisdictions: Iterable[str] | None) -> list[str]:
    if jurisdictions is None:
        own = {site.jurisdiction or DEFAULT for site in registry.sites.values()}
        return sorted(own | set(registry.jurisdictions_with_numbers))
    codes = list(dict.fromkeys(jurisdictions))
    for code in codes:
        if code not in registry.jurisdictions:
            hint = suggestion(code, list(registry.jurisdictions))
            raise ConsentError(f"{code}: expected a jurisdiction ({', '.join(registry.jurisdictions)}){hint}")
    return codes


def _naive_utc(moment: datetime | None) -> datetime:
    if moment is None:
        moment = datetime.now(UTC).replace(microsecond=0)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
