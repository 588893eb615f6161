"""The account: who the dashboard takes a visitor for, and signing out."""

from __future__ import annotations

from dashboards.access.secret import Forms
from dashboards.i18n import N_, translated
from dashboards.page import Asked, Built, Page

_ROLES = {"VIEWER": N_("viewer"), "COMPLIANCE": N_("compliance"), "ADMIN": N_("administrator")}


def page(forms: Forms) -> Page:
    """The page, with a form to sign out that is signed for its visitor."""

    def build(asked: Asked) -> Built:
        role = translated(_ROLES[asked.visitor.role.name])
        return Built({"role": role, "token": forms.token(asked.visitor)})

    return Page("account", "/account", (), build, fresh=lambda _: True)
