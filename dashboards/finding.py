"""One finding: its rule, where to check it, what happened to it, and the forms of those who may answer for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consent import acknowledgements
from consent.errors import ConsentError
from dashboards.access import log
from dashboards.access.secret import Forms
from dashboards.access.visitors import Visitor, visitor_of
from dashboards.findings import finding, history, with_answer
from dashboards.i18n import N_
from dashboards.i18n import gettext as _
from dashboards.page import Asked, Built, Page
from dashboards.pages import Pages
from dashboards.phrases import problem
from dashboards.queries import Snapshot
from dashboards.rendering import link

_TAKEN_BACK = N_("taken back")  # kept as it is here, and said in the language of whoever reads it
Answer = Callable[[Request, str, dict[str, str]], Response]


class FindingPage:
    """The page and its forms. Forms are signed for their visitor, so such a page is made for each one anew."""

    def __init__(self, pages: Pages, forms: Forms) -> None:
        self._pages = pages
        self._forms = forms
        self.page = self._page({})

    def acknowledge(self, request: Request, finding_id: str, form: dict[str, str]) -> Response:
        """Leave the finding as it is until a day; a mistake in the form is shown beside it."""
        visitor = visitor_of(request)
        by = form.get("by", "") if visitor.via == "local" else visitor.name
        given = {"until": form.get("until", ""), "by": by, "why": form.get("why", "")}
        try:
            until = date.fromisoformat(given["until"])
        except ValueError:
            return self._again(request, given, _("Until: write year-month-day, such as 2027-01-31."))
        try:
            acknowledgements.acknowledge(self._pages.settings, finding_id, by=by, until=until, why=given["why"])
        except ConsentError as error:
            return self._again(request, given, problem(str(error)))
        log.record(self._pages.settings, visitor, "acknowledged", finding=finding_id, by=by)
        return RedirectResponse(link("/findings", finding_id), 303)

    def take_back(self, request: Request, finding_id: str, _form: dict[str, str]) -> Response:
        """End the acknowledgement that holds."""
        visitor = visitor_of(request)
        acknowledgements.take_back(self._pages.settings, finding_id, by=visitor.name, why=_TAKEN_BACK)
        log.record(self._pages.settings, visitor, "took back", finding=finding_id)
        return RedirectResponse(link("/findings", finding_id), 303)

    def show_subject(self, request: Request, finding_id: str, _form: dict[str, str]) -> Response:
        """The page with the id of whom the finding concerns; logged before it is shown."""
        settings = self._pages.settings
        with Snapshot(settings.snapshot) as snapshot:
            found = snapshot.one("finding_subject", {"finding_id": finding_id})
        if found is None:
            raise HTTPException(404, _("This finding names no person."))
        log.record(settings, visitor_of(request), "looked up", subject=found["subject"], finding=finding_id)
        answer = self._pages.respond(self._page({"subject": found["subject"]}), request)
        answer.headers["cache-control"] = "no-store"
        return answer

    def _again(self, request: Request, given: dict[str, str], problem: str) -> Response:
        answer = self._pages.respond(self._page({"given": given, "problem": problem}), request)
        answer.status_code = 400
        return answer

    def _page(self, shown: dict[str, Any]) -> Page:
        def build(asked: Asked) -> Built:
            row = finding(asked.snapshot, asked.path["finding_id"])
            if row is None:
                raise HTTPException(
                    404, _("There is no such finding in the data as it stands; it may have been resolved.")
                )
            answer = asked.acknowledged.get(row["finding_id"])
            context = {
                "finding": with_answer(row, asked.acknowledged),
                "acknowledged": answer,
                "history": history(asked.snapshot, row, answer),
                "token": self._forms.token(asked.visitor) if asked.visitor.may_acknowledge else "",
                "today": datetime.now(UTC).date().isoformat(),
                "given": {"until": "", "by": "", "why": ""},
                "problem": "",
                "subject": "",
            }
            return Built({**context, **shown})

        fresh: Callable[[Visitor], bool] = (lambda _: True) if shown else (lambda visitor: visitor.may_acknowledge)
        return Page("finding", "/findings/{finding_id}", (), build, fresh=fresh)


def answering(pages: Pages, forms: Forms, answer: Answer) -> Callable[[Request], Any]:
    """An endpoint for a form: from one of our own pages, by someone who may, or refused."""

    async def endpoint(request: Request) -> Response:
        from starlette.concurrency import run_in_threadpool  # noqa: PLC0415

        given = {name: str(value) for name, value in (await request.form(max_files=0)).items()}
        visitor = visitor_of(request)

        def respond() -> Response:
            with pages.speaking(request):
                if not visitor.may_acknowledge:
                    raise HTTPException(403, _("This is for the compliance role."))
                if not forms.is_from(visitor, given.get("token", "")):
                    raise HTTPException(403, _("This form is too old or not from here. Load the page again."))
                return answer(request, request.path_params.get("finding_id", ""), given)

        return await run_in_threadpool(respond)

    return endpoint
