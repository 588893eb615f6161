"""From a user's name and groups to a role, as the settings say."""

from __future__ import annotations

from collections.abc import Iterable

from consent.dashboard_settings import listed
from consent.settings import Settings
from dashboards.access.visitors import Role


def role_of(settings: Settings, user: str, groups: Iterable[str]) -> Role | None:
    """The highest role that the settings give to the user or one of the groups; None: not let in."""
    names = {user, *groups}
    for setting, role in (
        (settings.dashboard_admins, Role.ADMIN),
        (settings.dashboard_compliance, Role.COMPLIANCE),
        (settings.dashboard_viewers, Role.VIEWER),
    ):
        allowed = set(listed(setting))
        if names & allowed or (role is Role.VIEWER and "*" in allowed):
            return role
    return None
