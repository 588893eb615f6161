"""The letter that a report travels with: its subject, and its main lines as text and as simple HTML."""

from __future__ import annotations

from dataclasses import dataclass

from dashboards import i18n, rendering, wording
from dashboards.i18n import gettext as _
from dashboards.reports.contents import Contents


@dataclass(frozen=True)
class Letter:
    """What a mail says; the report itself is attached."""

    subject: str
    text: str
    html: str


def letter(told: Contents, language: str, dashboard: str | None = None) -> Letter:
    """The letter for one report; `dashboard` is where a link leads, if anywhere."""
    with i18n.speaking(language):
        title = f"{_('Consent report')}, {told.period.title}" + (f" · {told.site}" if told.site else "")
        lines = list(_lines(told))
        text = "\n".join([title, "", *(f"- {line}" for line in lines), "", _("The whole report is attached.")])
        html = (
            rendering.environment()
            .get_template("letter.html")
            .render(language=language, title=title, lines=lines, told=told, address=dashboard)
        )
    return Letter(title, f"{text}\n{dashboard}\n" if dashboard else f"{text}\n", html)


def _lines(told: Contents) -> list[str]:
    lines: list[str] = []
    if told.for_product:
        lines += [change.sentence for change in told.changes] or [
            _("No opt-in rate changed by more than chance explains.")
        ]
    if told.for_compliance:
        lines.append(f"{wording.plural(told.view.open_findings, 'open finding')}.")
        if told.since is not None:
            new, resolved = len(told.happened("opened", "reopened")), len(told.happened("resolved"))
            lines.append(_("In this period %(new)s came and %(gone)s were resolved.", new=new, gone=resolved))
    return lines
