"""The account: who the dashboard takes a visitor for, and signing out."""

from __future__ import annotations

from dashboards.i18n import N_, translated
from dashboards.page import Asked, Built, Page

_ROLES = {"VIEWER": N_("viewer"), "COMPLIANCE": N_("compliance"), "ADMIN": N_("administrator")}


def _build(asked: Asked) -> Built:
    return Built({"role": translated(_ROLES[asked.visitor.role.name])})


PAGE = Page("account", "/account", (), _build, fresh=lambda _: True)
