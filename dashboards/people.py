"""One person: what stands of their consent. Ids are sent in forms, never in addresses; each look-up is logged."""

from __future__ import annotations

import re
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dashboards.access import log
from dashboards.access.secret import Forms
from dashboards.access.visitors import visitor_of
from dashboards.i18n import gettext as _
from dashboards.page import Asked, Built, Page
from dashboards.pages import Pages

SUBJECT = re.compile(r"[A-Za-z0-9_-]{8,64}")


class PeoplePage:
    """The form, and the page that answers it."""

    def __init__(self, pages: Pages, forms: Forms) -> None:
        self._pages = pages
        self._forms = forms
        self.page = self._page({})

    def look_up(self, request: Request, _finding_id: str, form: dict[str, str]) -> Response:
        """Consent and findings of a subject; logged before it is shown."""
        subject = form.get("subject", "").strip()
        if not SUBJECT.fullmatch(subject):
            problem = _("A subject's id has 8 to 64 letters, digits, - and _.")
            answer = self._pages.respond(self._page({"problem": problem}), request)
            answer.status_code = 400
            return answer
        log.record(self._pages.settings, visitor_of(request), "looked up", subject=subject)
        answer = self._pages.respond(self._page({"subject": subject}), request)
        answer.headers["cache-control"] = "no-store"
        return answer

    def _page(self, shown: dict[str, Any]) -> Page:
        def build(asked: Asked) -> Built:
            if not asked.visitor.sees_subjects:
                raise HTTPException(403, _("This is for the compliance role."))
            subject = shown.get("subject", "")
            parameters = {"subject": subject}
            context = {
                "token": self._forms.token(asked.visitor),
                "subject": subject,
                "consents": asked.snapshot.rows("person", parameters) if subject else [],
                "found": asked.snapshot.rows("person_findings", parameters) if subject else [],
                "problem": "",
            }
            return Built({**context, **shown})

        return Page("people", "/people", (), build, fresh=lambda _: True)
