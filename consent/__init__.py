"""The language that every other package speaks: events, policies, settings, the warehouse and its models.

For analysts: `from consent import open_snapshot` (docs/analysis.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from consent.snapshot import open_snapshot

__all__ = ["open_snapshot"]


def __getattr__(name: str) -> Any:
    """What analysts use is imported when they do: everything else of the product stays light."""
    if name == "open_snapshot":
        from consent.snapshot import open_snapshot  # noqa: PLC0415

        return open_snapshot
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
