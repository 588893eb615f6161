"""What is configured: every setting, its value as it may be shown, and where it came from."""

from __future__ import annotations

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from consent.settings import Settings

MASK = "********"


@dataclass(frozen=True)
class Configured:
    """One setting; `value` is masked where it is a secret."""

    name: str
    value: str
    origin: str


def configured(settings: Settings, *, given: frozenset[str] = frozenset()) -> list[Configured]:
    """Every setting in the order of its declaration; `given` names those that came as arguments."""
    in_file = _in_file()
    return [
        Configured(name, _shown(getattr(settings, name)), _origin(name, settings, given, in_file))
        for name in type(settings).model_fields
    ]


def _shown(value: object) -> str:
    if value is None:
        return "(unset)"
    return MASK if isinstance(value, SecretStr) else str(value)


def _origin(name: str, settings: Settings, given: frozenset[str], in_file: frozenset[str]) -> str:
    variable = f"CONSENT_{name.upper()}"
    from_outside = os.environ.get(variable)
    # `--home` is filled from its variable too.
    if name in given and str(getattr(settings, name)) != from_outside:
        return "argument"
    if from_outside:
        return f"environment, {variable}"
    return "consent.toml" if name in in_file else "default"


def _in_file() -> frozenset[str]:
    try:
        return frozenset(tomllib.loads(Path("consent.toml").read_text(encoding="utf-8")))
    except OSError:
        return frozenset()
