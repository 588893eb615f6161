"""Visitors and their roles: a viewer sees numbers, compliance acknowledges and sees people's ids, an admin all."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from starlette.requests import HTTPConnection


class Role(IntEnum):
    """What a visitor may do; each role may do what those below it may."""

    VIEWER = 1
    COMPLIANCE = 2
    ADMIN = 3

    @classmethod
    def named(cls, name: str) -> Role:
        """The role of a name. Raises KeyError for one that is none."""
        return cls[name.upper()]


@dataclass(frozen=True)
class Visitor:
    """Someone, or a tool with a token; `via` is how they were let in: local, proxy, oidc or token."""

    name: str
    role: Role
    via: str

    @property
    def may_acknowledge(self) -> bool:
        """Whether they may answer for a finding."""
        return self.role >= Role.COMPLIANCE

    @property
    def sees_subjects(self) -> bool:
        """Whether they may see whom a finding concerns; each time is logged."""
        return self.role >= Role.COMPLIANCE


LOCAL = Visitor("local", Role.ADMIN, "local")  # whoever sits at the machine can read the files anyway


def visitor_of(request: HTTPConnection) -> Visitor:
    """Who asks; nobody gets past the gate without being someone."""
    visitor: Visitor = request.scope["visitor"]
    return visitor
