"""IAB GPP: a bare GPP string, or the ping data that `__gpp` gives.

What the sections decide: consent/gpp.py.
"""

from __future__ import annotations

from consent import gpp
from ingestion.adapters.native import Event, Native, NotUnderstood

TITLE = "IAB GPP"
MAPS = (
    "EU section → as TCF; US sections (national, US Privacy, and the states) → marketing, granted unless sale, sharing"
    " or targeted advertising is opted out of; GPC → signals.gpc. Replay, unless `--kind decision` is told"
)
CANNOT_KNOW = (
    "the subject, the time, and whether the string was just chosen: give them; Canada's section is not read; a US"
    " section says nothing of functionality and performance"
)


def events(native: Native) -> list[Event]:
    """One replay or decision from a GPP string (text, or `gppString` of an object)."""
    text = native.text.strip() if isinstance(native.value, str) else native.mapping.get("gppString")
    if not isinstance(text, str):
        raise NotUnderstood("missing gppString: expected a GPP string")
    try:
        read = gpp.decode(text)
    except gpp.NotGppString as error:
        raise NotUnderstood(f"bad_format gpp_string: {error}") from None
    if read.categories is None:
        raise NotUnderstood("not_allowed gpp_string: expected a section that decides a category")
    signals: dict[str, object] = {"gpp_string": text} | ({} if read.gpc is None else {"gpc": read.gpc})
    if native.told.kind == "decision":
        return [native.decision("gpp", read.categories, signals=signals, identity=(text, native.told.occurred_at))]
    return [native.replay("gpp", read.categories, signals=signals)]
