"""Finding one cookie in what was sent: the bare value, `name=value`, or a whole Cookie header."""

from __future__ import annotations

from ingestion.adapters.native import NotUnderstood


def cookie(text: str, name: str) -> str:
    """The value of the cookie `name` as it stands; a text that names no cookie is taken for the value.

    Raises NotUnderstood where other cookies are there and this one is not.
    """
    parts = [part.strip() for part in text.strip().split(";")]
    for part in parts:
        if part.startswith(f"{name}="):
            return part.removeprefix(f"{name}=")
    if len(parts) > 1:
        raise NotUnderstood(f"missing {name}: the cookies sent do not hold it")
    return parts[0]
