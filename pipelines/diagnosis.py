"""What the doctor says about one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Diagnosis:
    """One thing looked at; `advice` says what to do unless it is ok."""

    status: Literal["ok", "warn", "fail"]
    subject: str
    finding: str
    advice: str = ""
